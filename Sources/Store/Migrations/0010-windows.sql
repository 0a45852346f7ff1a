CREATE TABLE run_window (
    run_id INTEGER NOT NULL REFERENCES run (id),
    window_index INTEGER NOT NULL,
    start_ns INTEGER NOT NULL,
    duration_ns INTEGER NOT NULL,
    samples INTEGER NOT NULL,
    p50_ns INTEGER NOT NULL,
    p90_ns INTEGER NOT NULL,
    p99_ns INTEGER NOT NULL,
    max_ns INTEGER NOT NULL,
    lowest_clock_khz INTEGER,
    highest_temperature_mc INTEGER,
    throttling TEXT,
    foreign_cores REAL,
    PRIMARY KEY (run_id, window_index)
) STRICT, WITHOUT ROWID;
