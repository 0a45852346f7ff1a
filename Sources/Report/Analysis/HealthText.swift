import Statistics
import Store
import Text

/// What a report says of a run's health.
enum HealthText {
    /// For the table.
    static func summary(_ entry: ReportModel.Entry) -> String {
        guard let health = entry.run.health else { return Format.unknown }
        return health.degraded == nil ? "good" : "DEGRADED"
    }

    /// A sentence on a run that was degraded; nil for all others, and where the time means nothing anyway.
    static func caution(_ entry: ReportModel.Entry) -> String? {
        guard let reasons = entry.run.health?.degraded, !entry.isEmulated else { return nil }
        return "\(entry.label) is DEGRADED: \(reasons). Its time is not what the board can achieve."
    }

    /// Health, readings, and what the order of the samples says.
    static func pairs(_ entry: ReportModel.Entry) -> [(String, String)] {
        var pairs: [(String, String)] = []
        if let health = entry.run.health {
            pairs.append(("Health", health.degraded.map { "DEGRADED: \($0)" } ?? "within its limits"))
            pairs.append(("Health while timed", readings(health.readings)))
            if !health.readings.unavailable.isEmpty {
                let reasons = health.readings.unavailable.sorted { $0.key < $1.key }
                pairs.append(("Not available", reasons.map { "\($0.key): \($0.value)" }.joined(separator: "; ")))
            }
            pairs.append(("Health limits", health.limitsJSON))
            if let idleWait = health.idleWait {
                let end = idleWait.shortfall.map { ", without success: \($0)" } ?? ""
                pairs.append(("Waited for", "\(idleWait.condition): \(Format.duration(idleWait.waitedNs))\(end)"))
            }
        }
        if let trend = entry.trend {
            let size = HealthAssessment.drift(trend).map(HealthAssessment.description(ofDrift:)) ?? "none beyond chance"
            pairs.append(("Drift", "\(size) (Mann–Kendall p \(probability(trend.pValue)))"))
        }
        if let dependence = entry.dependence {
            pairs.append(
                (
                    "Dependence",
                    "correlation with the sample before \(Format.fixed(dependence.lagOne, 2)), Ljung–Box p \(probability(dependence.pValue)); the samples are worth \(Format.fixed(dependence.effectiveSize, 0)) independent ones"
                ))
        }
        return pairs
    }

    private static func readings(_ readings: HealthReadings) -> String {
        func percent(_ cores: Double?) -> String? { cores.map { "\(Format.share($0)) of a core" } }
        let temperature = readings.highestTemperature.map { "\(Format.digits(Double($0) / 1000)) °C" }
        var clock: String?
        if let low = readings.lowestClockKhz, let high = readings.highestClockKhz {
            clock = low == high ? "\(high / 1000) MHz" : "\(low / 1000) to \(high / 1000) MHz"
        }
        let throttling = readings.throttling.map { $0.isEmpty ? "none" : $0.joined(separator: ", ") }
        func pair(_ one: Int?, _ other: Int?) -> String? {
            guard let one, let other else { return nil }
            return "\(one) and \(other)"
        }
        var perCycle: String?
        if let cycles = readings.cycles, let instructions = readings.instructions, let misses = readings.cacheMisses {
            let ratio = cycles > 0 ? Format.fixed(Double(instructions) / Double(cycles), 2) : Format.unknown
            perCycle = "\(instructions) in \(cycles) cycles (\(ratio) per cycle), \(misses) cache misses"
        }
        let values: [(String, String?)] = [
            ("external load", percent(readings.externalLoadCores)), ("steal", percent(readings.stealCores)),
            ("clock", clock), ("governor", readings.governor), ("highest temperature", temperature),
            ("throttling", throttling),
            ("pages swapped in and out", pair(readings.swapInPages, readings.swapOutPages)),
            ("major faults", readings.majorFaults.map(String.init)),
            (
                "voluntary and involuntary context switches",
                pair(readings.voluntarySwitches, readings.involuntarySwitches)
            ),
            ("instructions", perCycle),
        ]
        let text = values.map { "\($0.0) \($0.1 ?? "not available")" }.joined(separator: ", ")
        return "\(text); \(readings.readings) readings in \(Format.duration(readings.windowNs))"
    }

    private static func probability(_ value: Double) -> String {
        value < 0.001 ? "below 0.001" : Format.fixed(value, 3)
    }
}
