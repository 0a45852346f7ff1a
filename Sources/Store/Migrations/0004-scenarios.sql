ALTER TABLE run ADD COLUMN scenario TEXT NOT NULL DEFAULT 'single-stream'
    CHECK (scenario IN ('single-stream', 'multi-stream', 'server', 'offline'));

CREATE TABLE query (
    run_id INTEGER NOT NULL REFERENCES run (id),
    query_index INTEGER NOT NULL,
    issued_ns INTEGER NOT NULL,
    latency_ns INTEGER,
    PRIMARY KEY (run_id, query_index)
) STRICT, WITHOUT ROWID;

CREATE TABLE judgement (
    run_id INTEGER PRIMARY KEY REFERENCES run (id),
    verdict TEXT NOT NULL CHECK (verdict IN ('VALID', 'INVALID')),
    samples_per_query INTEGER NOT NULL,
    percentile REAL,
    latency_bound_ns INTEGER,
    target_queries_per_second REAL,
    least_duration_ns INTEGER NOT NULL,
    least_queries INTEGER NOT NULL,
    duration_ns INTEGER NOT NULL,
    queries INTEGER NOT NULL,
    unanswered_queries INTEGER NOT NULL,
    longest_queue INTEGER,
    result_latency_ns INTEGER,
    discarded_queries INTEGER,
    result_samples_per_second REAL
) STRICT;

CREATE TABLE invalid_reason (
    run_id INTEGER NOT NULL REFERENCES judgement (run_id),
    position INTEGER NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;

DROP VIEW failure;
DROP VIEW run_summary;

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
