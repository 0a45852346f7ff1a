import Glibc

/// What the interval of a ratio says against a margin within which a difference does not matter.
public struct RatioOutcome: Hashable, Sendable {
    /// Where the interval lies.
    public enum Direction: Hashable, Sendable {
        /// Less, or more, than the baseline: the 99% interval lies beside 1, so that of 100 comparisons of equals at most one says so.
        case less
        case more
        /// The whole interval lies within the margin: two one-sided tests, Schuirmann 1987.
        case same
        /// The interval holds both "no difference" and one that matters.
        case cannotTell
    }

    /// Where the interval lies.
    public var direction: Direction
    /// How many times as much evidence would probably decide; nil if it is decided, or if no number would be enough: a margin of
    /// zero, and no difference to be seen.
    public var factorNeeded: Double?

    /// Decides on `ratio`, which lies in `interval` with 95% confidence and in `wide` with 99%; equivalence is from 1/(1+margin) to 1+margin.
    public init(ratio: Double, interval: Interval, wide: Interval, margin: Double) {
        direction =
            if interval.lower >= 1 / (1 + margin), interval.upper <= 1 + margin {
                .same
            } else if wide.upper < 1 {
                .less
            } else if wide.lower > 1 {
                .more
            } else {
                .cannotTell
            }
        factorNeeded = direction == .cannotTell ? Self.factor(ratio, interval, wide, margin: margin) : nil
    }

    /// An interval's width falls with the square root of the number: how far it has to, if the ratio stays what it is.
    ///
    /// It decides as soon as it is narrow enough to lie beside 1, or within the margin.
    static func factor(_ ratio: Double, _ interval: Interval, _ wide: Interval, margin: Double) -> Double? {
        // An end at zero, far below any ratio, says nothing of the width in logarithms: the other does.
        func reach(_ interval: Interval) -> Double {
            [log(interval.upper / ratio), log(ratio / interval.lower)].filter(\.isFinite).max() ?? .infinity
        }
        let distance = abs(log(ratio))
        let factors = [(reach(wide), distance), (reach(interval), log(1 + margin) - distance)].compactMap {
            reach, enough in enough > 0 && reach.isFinite ? reach / enough * (reach / enough) : nil
        }
        return factors.min().map { max(1, $0) }
    }
}
