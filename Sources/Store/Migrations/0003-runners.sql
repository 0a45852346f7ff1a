ALTER TABLE bundle ADD COLUMN runner TEXT NOT NULL DEFAULT 'tvm';
ALTER TABLE bundle ADD COLUMN framework_version TEXT NOT NULL DEFAULT '';
UPDATE bundle SET framework_version = tvm_version;

DROP VIEW failure;
DROP VIEW run_summary;

CREATE VIEW run_summary AS
SELECT run.id AS run_id, planned_run.dispatch_id, planned_run.ordinal, run.attempt, planned_run.target_name AS target,
    bundle.name AS bundle, bundle.variant, bundle.runner, bundle.framework_version, bundle.model, bundle.width,
    run.outcome, run.failure_code,
    run.failure_message, run.started_at, run.ended_at, run.device, run.threads,
    coalesce(board.emulated, 0) AS emulated, coalesce(dataset.synthetic, 0) AS synthetic, board.cpu_model,
    board.model AS board_model, run.throttling,
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
    LEFT JOIN latency ON latency.run_id = run.id
    LEFT JOIN copies ON copies.run_id = run.id;

CREATE VIEW failure AS
SELECT run_id, dispatch_id, target, bundle, outcome, failure_code, failure_message, ended_at
FROM run_summary WHERE outcome <> 'succeeded';
