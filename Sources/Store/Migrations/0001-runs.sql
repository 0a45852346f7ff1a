CREATE TABLE dataset (
    manifest_sha256 TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    synthetic INTEGER NOT NULL CHECK (synthetic IN (0, 1)),
    source TEXT NOT NULL,
    patients INTEGER NOT NULL,
    slices INTEGER NOT NULL,
    height_px INTEGER NOT NULL,
    width_px INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE bundle (
    manifest_sha256 TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    model TEXT NOT NULL,
    variant TEXT NOT NULL,
    width INTEGER NOT NULL,
    depth INTEGER NOT NULL,
    parameters INTEGER NOT NULL,
    checkpoint_sha256 TEXT,
    target_name TEXT NOT NULL,
    architecture TEXT NOT NULL,
    tvm_target_json TEXT NOT NULL,
    tvm_version TEXT NOT NULL,
    module_sha256 TEXT NOT NULL,
    module_size_bytes INTEGER NOT NULL,
    threshold REAL NOT NULL,
    training_dataset TEXT NOT NULL,
    training_synthetic INTEGER NOT NULL CHECK (training_synthetic IN (0, 1)),
    training_dice REAL,
    reference_dice REAL,
    reference_dataset_sha256 TEXT,
    source_commit TEXT,
    created_at TEXT NOT NULL,
    manifest_json TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE board (
    id INTEGER PRIMARY KEY,
    agent_instance TEXT NOT NULL,
    agent_version TEXT NOT NULL,
    cpu_model TEXT,
    architecture TEXT NOT NULL,
    cores INTEGER NOT NULL,
    memory_bytes INTEGER,
    os_name TEXT,
    kernel TEXT NOT NULL,
    hypervisor TEXT,
    governor TEXT,
    emulated INTEGER NOT NULL CHECK (emulated IN (0, 1)),
    tvm_version TEXT,
    facts_json TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE dispatch (
    id TEXT PRIMARY KEY,
    created_at TEXT NOT NULL,
    harness_version TEXT NOT NULL,
    harness_commit TEXT,
    command_json TEXT NOT NULL,
    label TEXT,
    dataset_sha256 TEXT REFERENCES dataset (manifest_sha256)
) STRICT, WITHOUT ROWID;

CREATE TABLE planned_run (
    id INTEGER PRIMARY KEY,
    dispatch_id TEXT NOT NULL REFERENCES dispatch (id),
    ordinal INTEGER NOT NULL,
    target_name TEXT NOT NULL,
    bundle_sha256 TEXT NOT NULL REFERENCES bundle (manifest_sha256),
    requested_settings_json TEXT NOT NULL,
    UNIQUE (dispatch_id, ordinal)
) STRICT;

CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    planned_run_id INTEGER NOT NULL REFERENCES planned_run (id),
    attempt INTEGER NOT NULL CHECK (attempt >= 1),
    job_id TEXT NOT NULL UNIQUE,
    outcome TEXT NOT NULL CHECK (outcome IN ('succeeded', 'failed', 'timed-out', 'cancelled', 'lost')),
    failure_code TEXT,
    failure_message TEXT,
    started_at TEXT NOT NULL,
    ended_at TEXT NOT NULL,
    board_id INTEGER REFERENCES board (id),
    device TEXT NOT NULL,
    effective_settings_json TEXT,
    threads INTEGER,
    warm_up_calls INTEGER,
    warm_up_reason TEXT,
    sent_bytes INTEGER NOT NULL,
    skipped_bytes INTEGER NOT NULL,
    max_rss_bytes INTEGER,
    masks_sha256 TEXT,
    UNIQUE (planned_run_id, attempt),
    CHECK ((outcome = 'succeeded') = (failure_code IS NULL))
) STRICT;

CREATE TABLE phase (
    run_id INTEGER NOT NULL REFERENCES run (id),
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    duration_ns INTEGER NOT NULL,
    rss_bytes INTEGER,
    peak_rss_bytes INTEGER,
    PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE sample (
    run_id INTEGER NOT NULL REFERENCES run (id),
    phase TEXT NOT NULL,
    sample_index INTEGER NOT NULL,
    compute_ns INTEGER NOT NULL,
    end_to_end_ns INTEGER,
    PRIMARY KEY (run_id, phase, sample_index)
) STRICT, WITHOUT ROWID;

CREATE TABLE slice (
    run_id INTEGER NOT NULL REFERENCES run (id),
    position INTEGER NOT NULL,
    patient TEXT NOT NULL,
    slice_index INTEGER NOT NULL,
    intersection_px INTEGER NOT NULL,
    predicted_px INTEGER NOT NULL,
    truth_px INTEGER NOT NULL,
    largest_intersection_px INTEGER NOT NULL,
    largest_predicted_px INTEGER NOT NULL,
    mask_sha256 TEXT NOT NULL,
    PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE slice_image (
    dataset_sha256 TEXT NOT NULL REFERENCES dataset (manifest_sha256),
    patient TEXT NOT NULL,
    slice_index INTEGER NOT NULL,
    image_png BLOB NOT NULL,
    truth_png BLOB NOT NULL,
    PRIMARY KEY (dataset_sha256, patient, slice_index)
) STRICT;

CREATE TABLE prediction (
    run_id INTEGER NOT NULL REFERENCES run (id),
    patient TEXT NOT NULL,
    slice_index INTEGER NOT NULL,
    predicted_png BLOB NOT NULL,
    PRIMARY KEY (run_id, patient, slice_index)
) STRICT;

CREATE INDEX run_by_plan ON run (planned_run_id);

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
WITH compute AS (
    SELECT run_id, compute_ns AS ns, row_number() OVER (PARTITION BY run_id ORDER BY compute_ns) - 1 AS rank,
        count(*) OVER (PARTITION BY run_id) AS n FROM sample WHERE phase = 'timed'),
end_to_end AS (
    SELECT run_id, end_to_end_ns AS ns, row_number() OVER (PARTITION BY run_id ORDER BY end_to_end_ns) - 1 AS rank,
        count(*) OVER (PARTITION BY run_id) AS n FROM sample WHERE phase = 'timed' AND end_to_end_ns IS NOT NULL)
SELECT c.run_id, c.n AS samples, c.median_ns, c.p90_ns, c.p99_ns, c.max_ns, e.median_ns AS end_to_end_median_ns
FROM (SELECT run_id, max(n) AS n, avg(ns) FILTER (WHERE rank IN ((n - 1) / 2, n / 2)) AS median_ns,
        max(ns) FILTER (WHERE rank = min(n - 1, CAST(n * 0.90 AS INTEGER))) AS p90_ns,
        max(ns) FILTER (WHERE rank = min(n - 1, CAST(n * 0.99 AS INTEGER))) AS p99_ns, max(ns) AS max_ns
      FROM compute GROUP BY run_id) AS c
LEFT JOIN (SELECT run_id, avg(ns) FILTER (WHERE rank IN ((n - 1) / 2, n / 2)) AS median_ns
      FROM end_to_end GROUP BY run_id) AS e USING (run_id);

CREATE VIEW run_summary AS
SELECT run.id AS run_id, planned_run.dispatch_id, planned_run.ordinal, run.attempt, planned_run.target_name AS target,
    bundle.name AS bundle, bundle.variant, bundle.model, bundle.width, run.outcome, run.failure_code,
    run.failure_message, run.started_at, run.ended_at, run.device, run.threads,
    coalesce(board.emulated, 0) AS emulated, coalesce(dataset.synthetic, 0) AS synthetic, board.cpu_model,
    latency.samples, latency.median_ns, latency.p90_ns, latency.p99_ns, latency.end_to_end_median_ns,
    1e9 / latency.median_ns AS images_per_second,
    (SELECT max(peak_rss_bytes) FROM phase WHERE run_id = run.id) AS peak_rss_bytes,
    (SELECT max(peak_rss_bytes) FROM phase WHERE run_id = run.id)
        - (SELECT rss_bytes FROM phase WHERE run_id = run.id AND name = 'runtime') AS model_memory_bytes,
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
    LEFT JOIN latency ON latency.run_id = run.id;

CREATE VIEW failure AS
SELECT run_id, dispatch_id, target, bundle, outcome, failure_code, failure_message, ended_at
FROM run_summary WHERE outcome <> 'succeeded';
