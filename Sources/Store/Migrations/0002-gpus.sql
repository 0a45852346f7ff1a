ALTER TABLE board ADD COLUMN model TEXT;
ALTER TABLE run ADD COLUMN conditions_json TEXT;
ALTER TABLE run ADD COLUMN throttling TEXT;
ALTER TABLE phase ADD COLUMN device_bytes INTEGER;
ALTER TABLE sample ADD COLUMN host_to_device_ns INTEGER;
ALTER TABLE sample ADD COLUMN device_to_host_ns INTEGER;

DROP VIEW failure;
DROP VIEW run_summary;

CREATE VIEW copies AS
WITH timed AS (
    SELECT run_id, host_to_device_ns, device_to_host_ns,
        row_number() OVER (PARTITION BY run_id ORDER BY host_to_device_ns) - 1 AS there,
        row_number() OVER (PARTITION BY run_id ORDER BY device_to_host_ns) - 1 AS back,
        count(*) OVER (PARTITION BY run_id) AS n
    FROM sample WHERE phase = 'timed' AND host_to_device_ns IS NOT NULL)
SELECT run_id, avg(host_to_device_ns) FILTER (WHERE there IN ((n - 1) / 2, n / 2)) AS host_to_device_median_ns,
    avg(device_to_host_ns) FILTER (WHERE back IN ((n - 1) / 2, n / 2)) AS device_to_host_median_ns
FROM timed GROUP BY run_id;

CREATE VIEW run_summary AS
SELECT run.id AS run_id, planned_run.dispatch_id, planned_run.ordinal, run.attempt, planned_run.target_name AS target,
    bundle.name AS bundle, bundle.variant, bundle.model, bundle.width, run.outcome, run.failure_code,
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
