ALTER TABLE planned_run ADD COLUMN round INTEGER;
ALTER TABLE planned_run ADD COLUMN restart INTEGER;
ALTER TABLE run ADD COLUMN agent_started_at TEXT;

CREATE TABLE repeats (
    dispatch_id TEXT NOT NULL REFERENCES dispatch (id),
    target_name TEXT NOT NULL,
    bundle_sha256 TEXT NOT NULL REFERENCES bundle (manifest_sha256),
    runs INTEGER NOT NULL,
    restarts INTEGER NOT NULL,
    location_ns REAL NOT NULL,
    lower_ns REAL NOT NULL,
    upper_ns REAL NOT NULL,
    decided_by TEXT NOT NULL CHECK (decided_by IN ('samples', 'runs', 'restarts')),
    within_run_variance REAL NOT NULL,
    between_runs_variance REAL,
    between_restarts_variance REAL,
    PRIMARY KEY (dispatch_id, target_name, bundle_sha256)
) STRICT, WITHOUT ROWID;
