import Statistics

extension ResultsStore {
    /// Writes a run's windows; within the transaction of its row.
    func insert(_ windows: [Window], run: Int64) throws(StoreError) {
        try connection.runMany(
            "INSERT INTO run_window VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            windows.map { window in
                let (latency, health) = (window.latency, window.health)
                return [
                    .integer(run), SQLValue(latency.index), .integer(latency.startNs), .integer(latency.durationNs),
                    SQLValue(latency.count), .integer(latency.p50), .integer(latency.p90), .integer(latency.p99),
                    .integer(latency.maximum), SQLValue(health.lowestClockKhz), SQLValue(health.highestTemperature),
                    SQLValue(health.throttling.map { $0.joined(separator: ", ") }), SQLValue(health.foreignCores),
                ]
            })
    }

    /// Reads them again, in their order; none of a short run.
    func windows(run: Int64) throws(StoreError) -> [Window] {
        try connection.rows(
            "SELECT * FROM run_window WHERE run_id = ? ORDER BY window_index", [.integer(run)]
        ) { row in
            var health = HealthWindow(index: row.int(1))
            health.lowestClockKhz = row.optionalInt(9)
            health.highestTemperature = row.optionalInt(10)
            health.throttling = row.optionalText(11).map { $0.split(separator: ", ").map(String.init) }
            health.foreignCores = row.optionalDouble(12)
            return Window(
                latency: LatencyWindow(
                    index: row.int(1), startNs: row.int64(2), durationNs: row.int64(3), count: row.int(4),
                    p50: row.int64(5), p90: row.int64(6), p99: row.int64(7), maximum: row.int64(8)),
                health: health)
        }
    }
}
