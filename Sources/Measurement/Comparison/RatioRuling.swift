import Glibc

/// What the interval of a ratio says against a margin within which a difference does not matter.
public struct RatioRuling: Hashable, Sendable {
    public enum Verdict: Hashable, Sendable {
        case less
        case more
        /// The whole interval lies within the margin: two one-sided tests, Schuirmann 1987.
        case same
        /// The interval holds both "no difference" and one that matters.
        case cannotTell
    }

    public var verdict: Verdict
    /// How many times as much evidence would probably decide; nil if there is a verdict, or if no number would be enough: a margin of
    /// zero, and no difference to be seen.
    public var factorNeeded: Double?

    /// Rules on `ratio`, known to lie in `interval`, with equivalence from 1/(1+margin) to 1+margin.
    public init(ratio: Double, interval: Interval, margin: Double) {
        verdict = Self.verdict(interval, margin: margin)
        factorNeeded = verdict == .cannotTell ? Self.factor(ratio, interval, margin: margin) : nil
    }

    private static func verdict(_ interval: Interval, margin: Double) -> Verdict {
        if interval.lower >= 1 / (1 + margin), interval.upper <= 1 + margin { return .same }
        if interval.upper < 1 { return .less }
        if interval.lower > 1 { return .more }
        return .cannotTell
    }

    /// An interval's width falls with the square root of the number: how far it has to, if the ratio stays what it is.
    ///
    /// It decides as soon as it is narrow enough to lie beside 1, or within the margin.
    static func factor(_ ratio: Double, _ interval: Interval, margin: Double) -> Double? {
        let distance = abs(log(ratio))
        let enough = max(distance, log(1 + margin) - distance)
        let reach = max(log(interval.upper / ratio), log(ratio / interval.lower))
        guard enough > 0, reach.isFinite else { return nil }
        return max(1, reach / enough * (reach / enough))
    }
}
