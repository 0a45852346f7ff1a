-- No CHECK lists the members of an enumeration any more: the value's type refuses what it does not know, and another member needs no new
-- table. Names and values of the columns stay, so that seals hold.
CREATE TABLE new_run (
    id INTEGER PRIMARY KEY,
    planned_run_id INTEGER NOT NULL REFERENCES planned_run (id),
    attempt INTEGER NOT NULL CHECK (attempt >= 1),
    job_id TEXT NOT NULL UNIQUE,
    outcome TEXT NOT NULL,
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
    conditions_json TEXT,
    throttling TEXT,
    scenario TEXT NOT NULL DEFAULT 'single-stream',
    agent_started_at TEXT,
    UNIQUE (planned_run_id, attempt),
    CHECK ((outcome = 'succeeded') = (failure_code IS NULL))
) STRICT;
INSERT INTO new_run SELECT id, planned_run_id, attempt, job_id, outcome, failure_code, failure_message, started_at, ended_at, board_id,
    device, effective_settings_json, threads, warm_up_calls, warm_up_reason, sent_bytes, skipped_bytes, max_rss_bytes, masks_sha256,
    conditions_json, throttling, scenario, agent_started_at FROM run;
DROP TABLE run;
ALTER TABLE new_run RENAME TO run;
CREATE INDEX run_by_plan ON run (planned_run_id);

CREATE TABLE new_judgement (
    run_id INTEGER PRIMARY KEY REFERENCES run (id),
    verdict TEXT NOT NULL,
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
INSERT INTO new_judgement SELECT run_id, verdict, samples_per_query, percentile, latency_bound_ns, target_queries_per_second,
    least_duration_ns, least_queries, duration_ns, queries, unanswered_queries, longest_queue, result_latency_ns, discarded_queries,
    result_samples_per_second FROM judgement;
DROP TABLE judgement;
ALTER TABLE new_judgement RENAME TO judgement;

CREATE TABLE new_repeats (
    dispatch_id TEXT NOT NULL REFERENCES dispatch (id),
    target_name TEXT NOT NULL,
    bundle_sha256 TEXT NOT NULL REFERENCES bundle (manifest_sha256),
    runs INTEGER NOT NULL,
    restarts INTEGER NOT NULL,
    location_ns REAL NOT NULL,
    lower_ns REAL NOT NULL,
    upper_ns REAL NOT NULL,
    decided_by TEXT NOT NULL,
    within_run_variance REAL NOT NULL,
    between_runs_variance REAL,
    between_restarts_variance REAL,
    PRIMARY KEY (dispatch_id, target_name, bundle_sha256)
) STRICT, WITHOUT ROWID;
INSERT INTO new_repeats SELECT dispatch_id, target_name, bundle_sha256, runs, restarts, location_ns, lower_ns, upper_ns, decided_by,
    within_run_variance, between_runs_variance, between_restarts_variance FROM repeats;
DROP TABLE repeats;
ALTER TABLE new_repeats RENAME TO repeats;

-- What --resume goes by; NULL in dispatches of version 0.1.0.
ALTER TABLE dispatch ADD COLUMN request_json TEXT;

-- Percentiles of each figure of the timed samples, computed when a run is recorded. Tables whose name begins with “derived_” are computed
-- from other tables: no seal covers them, and “harness db check” computes them again.
CREATE TABLE derived_latency (
    run_id INTEGER NOT NULL REFERENCES run (id),
    figure TEXT NOT NULL,
    samples INTEGER NOT NULL,
    median_ns REAL NOT NULL,
    p90_ns INTEGER NOT NULL,
    p99_ns INTEGER NOT NULL,
    max_ns INTEGER NOT NULL,
    PRIMARY KEY (run_id, figure)
) STRICT, WITHOUT ROWID;
