import Statistics
import Text

extension Format {
    static func ratios(_ interval: Interval) -> String {
        Self.interval(interval.lower, interval.upper) { fixed($0, 2) }
    }

    /// Between which durations, in nanoseconds.
    static func durations(_ interval: Interval) -> String {
        Self.interval(interval.lower, interval.upper, duration)
    }

    static func dice(_ interval: Interval) -> String { Self.interval(interval.lower, interval.upper, dice) }
}
