import FoundationEssentials
import Statistics

extension ResultsStore {
    private static let healthColumns = """
        degraded, window_ns, readings, governor, lowest_clock_khz, highest_clock_khz, temperature_at_start_mc,
        highest_temperature_mc, throttling, foreign_cores, steal_cores, swap_in_pages, swap_out_pages, major_faults,
        voluntary_switches, involuntary_switches, cycles, instructions, cache_misses, unavailable_json, limits_json,
        settle_wish, settle_waited_ns, settle_shortfall
        """

    /// Writes what is known of a run's health; to be called within its transaction.
    func insert(_ health: Health, run: Int64) throws(StoreError) {
        let readings = health.readings
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let unavailable = (try? encoder.encode(readings.unavailable)).map { String(decoding: $0, as: UTF8.self) }
        try connection.run(
            """
            INSERT INTO run_health (run_id, \(Self.healthColumns))
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .integer(run), SQLValue(health.degraded), .integer(readings.windowNs), SQLValue(readings.readings),
                SQLValue(readings.governor), SQLValue(readings.lowestClockKhz), SQLValue(readings.highestClockKhz),
                SQLValue(readings.temperatureAtStart), SQLValue(readings.highestTemperature),
                SQLValue(readings.throttling.map { $0.joined(separator: ", ") }), SQLValue(readings.foreignCores),
                SQLValue(readings.stealCores), SQLValue(readings.swapInPages), SQLValue(readings.swapOutPages),
                SQLValue(readings.majorFaults), SQLValue(readings.voluntarySwitches),
                SQLValue(readings.involuntarySwitches), SQLValue(readings.cycles), SQLValue(readings.instructions),
                SQLValue(readings.cacheMisses), .text(unavailable ?? "{}"), .text(health.limitsJSON),
                SQLValue(health.settling?.wish), SQLValue(health.settling?.waitedNs),
                SQLValue(health.settling?.shortfall),
            ])
    }

    /// What is known of a run's health; nil if it never came to its timed phase, or an older agent ran it.
    func health(run: Int64) throws(StoreError) -> Health? {
        try connection.rows(
            "SELECT \(Self.healthColumns) FROM run_health WHERE run_id = ?", [.integer(run)], Self.health
        ).first
    }

    private static func health(_ row: Row) -> Health {
        let reasons = try? JSONDecoder().decode([String: String].self, from: Data(row.text(19).utf8))
        var readings = HealthReadings(windowNs: row.int64(1), readings: row.int(2), unavailable: reasons ?? [:])
        readings.governor = row.optionalText(3)
        readings.lowestClockKhz = row.optionalInt(4)
        readings.highestClockKhz = row.optionalInt(5)
        readings.temperatureAtStart = row.optionalInt(6)
        readings.highestTemperature = row.optionalInt(7)
        readings.throttling = row.optionalText(8).map { $0.split(separator: ", ").map(String.init) }
        readings.foreignCores = row.optionalDouble(9)
        readings.stealCores = row.optionalDouble(10)
        readings.swapInPages = row.optionalInt(11)
        readings.swapOutPages = row.optionalInt(12)
        readings.majorFaults = row.optionalInt(13)
        readings.voluntarySwitches = row.optionalInt(14)
        readings.involuntarySwitches = row.optionalInt(15)
        readings.cycles = row.optionalInt(16)
        readings.instructions = row.optionalInt(17)
        readings.cacheMisses = row.optionalInt(18)
        let settling = row.optionalText(21).map {
            Settling(wish: $0, waitedNs: row.optionalInt64(22) ?? 0, shortfall: row.optionalText(23))
        }
        return Health(
            readings: readings, degraded: row.optionalText(0), limitsJSON: row.text(20), settling: settling)
    }
}
