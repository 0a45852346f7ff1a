import Results
import Text

/// Whether a run may be trusted to show what the board can do.
public enum HealthAssessment {
    /// How improbable a trend must be by chance before its size counts.
    private static let significance = 0.01

    /// Every reading beyond its limit, as a phrase with both; nothing if all are within. What could not be read is not assessed.
    ///
    /// `trend` is that of the timed samples.
    public static func reasons(
        _ readings: HealthReadings, trend: Trend? = nil, idleWait: IdleWait? = nil, limits: HealthLimits
    ) -> [String] {
        var reasons: [String] = []
        let seconds = Double(readings.windowNs) / 1e9
        if let load = readings.externalLoadCores.map({ $0 * 100 }), load > limits.foreignLoadPercent {
            reasons.append(
                "others took \(Format.digits(load))% of a core (limit \(Format.setting(limits.foreignLoadPercent))%)")
        }
        if let steal = readings.stealCores.map({ $0 * 100 }), steal > limits.stealPercent {
            reasons.append(
                "the hypervisor took \(Format.digits(steal))% of a core (limit \(Format.setting(limits.stealPercent))%)"
            )
        }
        if let low = readings.lowestClockKhz, let high = readings.highestClockKhz, high > 0 {
            let drop = (1 - Double(low) / Double(high)) * 100
            if drop > limits.clockDropPercent {
                reasons.append(
                    "the clock fell from \(high / 1000) to \(low / 1000) MHz (limit \(Format.setting(limits.clockDropPercent))%)"
                )
            }
        }
        if let hottest = readings.highestTemperature.map({ Double($0) / 1000 }), hottest > limits.temperatureCelsius {
            reasons.append("\(Format.digits(hottest)) °C (limit \(Format.setting(limits.temperatureCelsius)) °C)")
        }
        if let causes = readings.throttling, !causes.isEmpty { reasons.append(causes.joined(separator: ", ")) }
        let pages = (readings.swapInPages ?? 0) + (readings.swapOutPages ?? 0)
        if pages > limits.swapPages { reasons.append("\(pages) pages swapped (limit \(limits.swapPages))") }
        if let faults = readings.majorFaults, faults > limits.majorFaults {
            reasons.append("\(faults) page faults waited for a disk (limit \(limits.majorFaults))")
        }
        if let lost = readings.involuntarySwitches, seconds > 0 {
            let rate = Double(lost) / seconds
            if rate > limits.involuntarySwitchesPerSecond {
                reasons.append(
                    "the runner lost its core \(Format.digits(rate)) times a second (limit \(Format.setting(limits.involuntarySwitchesPerSecond)))"
                )
            }
        }
        if let trend, let drift = drift(trend), abs(drift) > limits.driftPercent {
            reasons.append("\(description(ofDrift: drift)) (limit \(Format.setting(limits.driftPercent))%)")
        }
        if let idleWait, let shortfall = idleWait.shortfall {
            reasons.append("did not come to \(idleWait.condition) before: \(shortfall)")
        }
        return reasons
    }

    /// By how many percent the last quarter's median is above the first's; nil if the trend may be chance.
    public static func drift(_ trend: Trend) -> Double? { trend.pValue < significance ? (trend.change - 1) * 100 : nil }

    /// “drifted +4.1%”.
    public static func description(ofDrift drift: Double) -> String { "drifted \(Format.change(1 + drift / 100))" }
}
