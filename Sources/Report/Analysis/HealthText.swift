import Statistics
import Store
import Text

/// What a report says of a run's health.
enum HealthText {
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
        let health = entry.run.health
        let unavailable = health?.readings.unavailable.sorted { $0.key < $1.key } ?? []
        let drift = entry.trend.map {
            let size = HealthAssessment.drift($0).map(HealthAssessment.description(ofDrift:)) ?? "none beyond chance"
            return "\(size) (Mann–Kendall p \(probability($0.pValue)))"
        }
        let dependence = entry.dependence.map {
            "correlation with the sample before \(Format.fixed($0.lagOne, 2)), Ljung–Box p \(probability($0.pValue)); the samples are worth \(Format.fixed($0.effectiveSize, 0)) independent ones"
        }
        return Block.known([
            "Health": health.map { $0.degraded.map { "DEGRADED: \($0)" } ?? "within its limits" },
            "Health while timed": health.map { text($0.readings) },
            "Not available": unavailable.isEmpty
                ? nil : unavailable.map { "\($0.key): \($0.value)" }.joined(separator: "; "),
            "Health limits": health?.limitsJSON,
            "Waited for": health?.idleWait.map {
                let end = $0.shortfall.map { ", without success: \($0)" } ?? ""
                return "\($0.condition): \(Format.duration($0.waitedNs))\(end)"
            },
            "Drift": drift, "Dependence": dependence,
        ])
    }

    private static func text(_ readings: HealthReadings) -> String {
        func both<Value>(_ one: Value?, _ other: Value?, _ text: (Value, Value) -> String) -> String? {
            one.flatMap { one in other.map { text(one, $0) } }
        }
        let clock = both(readings.lowestClockKhz, readings.highestClockKhz) { low, high in
            low == high ? "\(high / 1000) MHz" : "\(low / 1000) to \(high / 1000) MHz"
        }
        let perCycle = both(readings.instructions, readings.cycles) { instructions, cycles in
            let ratio = cycles > 0 ? Format.fixed(Double(instructions) / Double(cycles), 2) : Format.unknown
            return "\(instructions) in \(cycles) cycles (\(ratio) per cycle)"
        }
        let values: KeyValuePairs<String, String?> = [
            "external load": cores(readings.externalLoadCores), "steal": cores(readings.stealCores), "clock": clock,
            "governor": readings.governor, "highest temperature": temperature(readings.highestTemperature),
            "throttling": throttling(readings.throttling),
            "pages swapped in and out": both(readings.swapInPages, readings.swapOutPages) { "\($0) and \($1)" },
            "major faults": readings.majorFaults.map(String.init),
            "voluntary and involuntary context switches":
                both(readings.voluntarySwitches, readings.involuntarySwitches) { "\($0) and \($1)" },
            "instructions": both(perCycle, readings.cacheMisses.map(String.init)) { "\($0), \($1) cache misses" },
        ]
        let text = values.map { "\($0) \($1 ?? "not available")" }.joined(separator: ", ")
        return "\(text); \(readings.readings) readings in \(Format.duration(readings.windowNs))"
    }

    /// A load as a share of one core.
    static func cores(_ load: Double?) -> String? { load.map { "\(Format.share($0)) of a core" } }

    /// A temperature in thousandths of a degree.
    static func temperature(_ millidegrees: Int?) -> String? {
        millidegrees.map { "\(Format.digits(Double($0) / 1000)) °C" }
    }

    /// What the board said of throttling; nil where it cannot say.
    static func throttling(_ reasons: [String]?) -> String? {
        reasons.map { $0.isEmpty ? "none" : $0.joined(separator: ", ") }
    }

    private static func probability(_ value: Double) -> String {
        value < 0.001 ? "below 0.001" : Format.fixed(value, 3)
    }
}
