CREATE TABLE profile (
    id INTEGER PRIMARY KEY,
    created_at TEXT NOT NULL,
    target_name TEXT NOT NULL,
    bundle_sha256 TEXT NOT NULL REFERENCES bundle (manifest_sha256),
    board_id INTEGER NOT NULL REFERENCES board (id),
    device TEXT NOT NULL,
    threads INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    profiled_median_ns REAL NOT NULL,
    plain_median_ns REAL NOT NULL,
    peak_flop_per_second REAL,
    peak_int8_per_second REAL,
    peak_bytes_per_second REAL
) STRICT;

CREATE TABLE profile_operator (
    profile_id INTEGER NOT NULL REFERENCES profile (id),
    position INTEGER NOT NULL,
    function TEXT NOT NULL,
    kind TEXT,
    layer TEXT,
    calls INTEGER NOT NULL,
    median_ns INTEGER NOT NULL,
    least_ns INTEGER NOT NULL,
    flop INTEGER,
    arithmetic INTEGER,
    bytes INTEGER,
    PRIMARY KEY (profile_id, position)
) STRICT, WITHOUT ROWID;
