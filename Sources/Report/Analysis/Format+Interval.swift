import Statistics
import Text

extension Format {
    /// Between which ratios.
    static func ratios(_ interval: Interval) -> String {
        Self.interval(interval.lower, interval.upper) { fixed($0, 2) }
    }

    /// Between which durations, in nanoseconds.
    static func durations(_ interval: Interval) -> String {
        Self.interval(interval.lower, interval.upper, duration)
    }

    /// Between which values of Dice.
    static func dice(_ interval: Interval) -> String { Self.interval(interval.lower, interval.upper, dice) }
}
