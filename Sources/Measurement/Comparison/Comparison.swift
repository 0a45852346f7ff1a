import Glibc

/// Whether a candidate is faster than a baseline, and how sure that is.
public struct Comparison: Hashable, Sendable {
    public enum Verdict: String, Sendable, Hashable {
        case faster
        case slower
        /// The whole interval lies within the margin: whatever difference there is does not matter.
        case same
        /// The interval holds both "no difference" and one that matters.
        case cannotTell = "cannot-tell"
    }

    /// What would probably decide a comparison that cannot tell yet.
    public struct Needed: Hashable, Sendable {
        /// How many times as many of `what` each side needs, or how many times as long it should be measured.
        public var factor: Double
        /// Samples of the runs there are, or further runs.
        public var what: MedianRatio.Source
    }

    public var verdict: Verdict
    /// The effect's size and its interval.
    public var size: MedianRatio
    /// The effect's direction, over all samples; `first` is the candidate.
    public var ranks: RankTest
    /// Nil if the verdict is one, or if no number would be enough: a margin of zero, and no difference to be seen.
    public var needed: Needed?

    /// Compares runs of latencies; nil where `MedianRatio` is.
    ///
    /// - "same" if the interval of the ratio lies within 1/(1+margin)…1+margin: two one-sided tests, Schuirmann 1987.
    /// - "faster" or "slower" if the interval lies beside 1 and the rank test sees the same direction at 5%.
    public init?(
        baseline: [[Int64]], candidate: [[Int64]], margin: Double = 0.02, seed: UInt64 = 0, resamples: Int = 1000
    ) {
        guard let size = MedianRatio(baseline: baseline, candidate: candidate, seed: seed, resamples: resamples),
            let ranks = RankTest(candidate.flatMap { $0 }, baseline.flatMap { $0 })
        else { return nil }
        self.size = size
        self.ranks = ranks
        verdict = Self.verdict(size.interval, ranks, margin: margin)
        needed = verdict == .cannotTell ? Self.needed(size, margin: margin) : nil
    }

    private static func verdict(_ interval: Interval, _ ranks: RankTest, margin: Double) -> Verdict {
        if interval.lower >= 1 / (1 + margin), interval.upper <= 1 + margin { return .same }
        guard ranks.pValue < 0.05 else { return .cannotTell }
        if interval.upper < 1, ranks.superiority < 0.5 { return .faster }
        if interval.lower > 1, ranks.superiority > 0.5 { return .slower }
        return .cannotTell
    }

    /// An interval's width falls with the square root of the number: how far it has to, if the ratio stays what it is.
    ///
    /// It decides as soon as it is narrow enough to lie beside 1, or within the margin.
    private static func needed(_ size: MedianRatio, margin: Double) -> Needed? {
        let distance = abs(log(size.ratio))
        let enough = max(distance, log(1 + margin) - distance)
        guard enough > 0 else { return nil }
        let reach = max(log(size.interval.upper / size.ratio), log(size.ratio / size.interval.lower))
        return Needed(factor: max(1, reach / enough * (reach / enough)), what: size.source)
    }
}
