-- The views, all of them: dropped and created again whenever a database is migrated; docs/schema.md describes every column.

CREATE VIEW dice_patient AS
SELECT run_id, patient,
    CASE WHEN sum(predicted_px) + sum(truth_px) = 0 THEN 1.0
         ELSE 2.0 * sum(intersection_px) / (sum(predicted_px) + sum(truth_px)) END AS dice,
    CASE WHEN sum(largest_predicted_px) + sum(truth_px) = 0 THEN 1.0
         ELSE 2.0 * sum(largest_intersection_px) / (sum(largest_predicted_px) + sum(truth_px)) END AS dice_largest
FROM slice GROUP BY run_id, patient;

CREATE VIEW dice_slice AS
SELECT run_id, patient, slice_index, truth_px,
    CASE WHEN predicted_px + truth_px = 0 THEN 1.0
         ELSE 2.0 * intersection_px / (predicted_px + truth_px) END AS dice
FROM slice;

CREATE VIEW latency AS
SELECT c.run_id, c.samples, c.median_ns, c.p90_ns, c.p99_ns, c.max_ns, e.median_ns AS end_to_end_median_ns
FROM derived_latency AS c LEFT JOIN derived_latency AS e ON e.run_id = c.run_id AND e.figure = 'end_to_end_ns'
WHERE c.figure = 'compute_ns';

CREATE VIEW copies AS
SELECT h.run_id, h.median_ns AS host_to_device_median_ns, d.median_ns AS device_to_host_median_ns
FROM derived_latency AS h LEFT JOIN derived_latency AS d ON d.run_id = h.run_id AND d.figure = 'device_to_host_ns'
WHERE h.figure = 'host_to_device_ns';

CREATE VIEW run_summary AS
SELECT run.id AS run_id, planned_run.dispatch_id, planned_run.ordinal, run.attempt, planned_run.target_name AS target,
    bundle.name AS bundle, bundle.variant, bundle.runner, bundle.framework_version, bundle.model, bundle.width,
    run.outcome, run.failure_code,
    run.failure_message, run.started_at, run.ended_at, run.device, run.threads,
    coalesce(board.emulated, 0) AS emulated, coalesce(dataset.synthetic, 0) AS synthetic, board.cpu_model,
    board.model AS board_model, run.throttling,
    run.scenario, judgement.verdict,
    (SELECT group_concat(message, '; ') FROM (SELECT message FROM invalid_reason WHERE run_id = run.id ORDER BY position))
        AS invalid_reasons,
    judgement.result_latency_ns, judgement.result_samples_per_second, judgement.queries, judgement.unanswered_queries,
    latency.samples, latency.median_ns, latency.p90_ns, latency.p99_ns, latency.end_to_end_median_ns,
    copies.host_to_device_median_ns, copies.device_to_host_median_ns,
    1e9 / latency.median_ns AS images_per_second,
    (SELECT max(peak_rss_bytes) FROM phase WHERE run_id = run.id) AS peak_rss_bytes,
    (SELECT max(peak_rss_bytes) FROM phase WHERE run_id = run.id)
        - (SELECT rss_bytes FROM phase WHERE run_id = run.id AND name = 'runtime') AS model_memory_bytes,
    (SELECT max(device_bytes) FROM phase WHERE run_id = run.id) AS peak_device_bytes,
    bundle.module_size_bytes, bundle.module_sha256, dispatch.dataset_sha256, run.masks_sha256,
    (SELECT avg(dice) FROM dice_patient WHERE run_id = run.id) AS dice_patient_mean,
    (SELECT avg(dice_largest) FROM dice_patient WHERE run_id = run.id) AS dice_patient_mean_largest,
    (SELECT avg(dice) FROM dice_slice WHERE run_id = run.id) AS dice_slice_mean_empty_one,
    (SELECT avg(dice) FROM dice_slice WHERE run_id = run.id AND truth_px > 0) AS dice_slice_mean_tumour_only,
    dispatch.label
FROM run JOIN planned_run ON planned_run.id = run.planned_run_id
    JOIN dispatch ON dispatch.id = planned_run.dispatch_id
    JOIN bundle ON bundle.manifest_sha256 = planned_run.bundle_sha256
    LEFT JOIN dataset ON dataset.manifest_sha256 = dispatch.dataset_sha256
    LEFT JOIN board ON board.id = run.board_id
    LEFT JOIN judgement ON judgement.run_id = run.id
    LEFT JOIN latency ON latency.run_id = run.id
    LEFT JOIN copies ON copies.run_id = run.id;

CREATE VIEW failure AS
SELECT run_id, dispatch_id, target, bundle, outcome, failure_code, failure_message, ended_at
FROM run_summary WHERE outcome <> 'succeeded';
