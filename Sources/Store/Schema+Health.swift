extension Schema {
    /// What a board and a runner went through in the timed phase. A reading that could not be had is NULL.
    static let health = """
        CREATE TABLE run_health (
            run_id INTEGER PRIMARY KEY REFERENCES run (id),
            degraded TEXT,
            window_ns INTEGER NOT NULL,
            readings INTEGER NOT NULL,
            governor TEXT,
            lowest_clock_khz INTEGER,
            highest_clock_khz INTEGER,
            temperature_at_start_mc INTEGER,
            highest_temperature_mc INTEGER,
            throttling TEXT,
            foreign_cores REAL,
            steal_cores REAL,
            swap_in_pages INTEGER,
            swap_out_pages INTEGER,
            major_faults INTEGER,
            voluntary_switches INTEGER,
            involuntary_switches INTEGER,
            cycles INTEGER,
            instructions INTEGER,
            cache_misses INTEGER,
            unavailable_json TEXT NOT NULL,
            limits_json TEXT NOT NULL,
            settle_wish TEXT,
            settle_waited_ns INTEGER,
            settle_shortfall TEXT
        ) STRICT;
        """
}
