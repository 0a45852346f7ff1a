/// What a comparison says of a candidate.
public enum ComparisonOutcome: String, Sendable, Hashable {
    case faster
    case slower
    /// The whole interval lies within the margin: whatever difference there is does not matter.
    case same
    /// The interval holds both "no difference" and one that matters.
    case cannotTell = "cannot-tell"
}

/// Whether a candidate is faster than a baseline, and how sure that is.
public struct Comparison: Hashable, Sendable {
    /// What would probably decide a comparison that cannot tell yet.
    public struct Needed: Hashable, Sendable {
        /// How many times as many of `what` each side needs, or how many times as long it should be measured.
        public var factor: Double
        /// Samples of the runs there are, or further runs.
        public var what: MedianRatio.Source
    }

    /// The decision.
    public var outcome: ComparisonOutcome
    /// The effect's size and its interval.
    public var size: MedianRatio
    /// The effect's direction, over all samples; `first` is the candidate.
    public var ranks: RankTest
    /// Nil if it is decided, or if no number would be enough: a margin of zero, and no difference to be seen.
    public var needed: Needed?

    /// Compares runs of latencies, made in the agent's sessions `sessions`; nil where `MedianRatio` is.
    ///
    /// - "same" if the interval of the ratio lies within 1/(1+margin)…1+margin: two one-sided tests, Schuirmann 1987.
    /// - "faster" or "slower" if the interval lies beside 1 at 99% confidence, and the rank test sees the same direction at 1%.
    public init?(
        baseline: [[Int64]], candidate: [[Int64]], sessions: (baseline: [Int], candidate: [Int])? = nil,
        margin: Double = 0.02, seed: UInt64 = 0, resamples: Int = 1000
    ) {
        guard
            let size = MedianRatio(
                baseline: baseline, candidate: candidate, sessions: sessions, seed: seed, resamples: resamples),
            let ranks = RankTest(candidate.flatMap { $0 }, baseline.flatMap { $0 })
        else { return nil }
        (self.size, self.ranks) = (size, ranks)
        let ratio = RatioOutcome(ratio: size.ratio, interval: size.interval, wide: size.wide, margin: margin)
        outcome = Self.outcome(ratio.direction, ranks)
        needed =
            outcome == .cannotTell
            ? RatioOutcome.factor(size.ratio, size.interval, size.wide, margin: margin).map {
                Needed(factor: $0, what: size.source)
            }
            : nil
    }

    private static func outcome(_ direction: RatioOutcome.Direction, _ ranks: RankTest) -> ComparisonOutcome {
        switch direction {
        case .same: .same
        case .less where ranks.pValue < 0.01 && ranks.superiority < 0.5: .faster
        case .more where ranks.pValue < 0.01 && ranks.superiority > 0.5: .slower
        case .less, .more, .cannotTell: .cannotTell
        }
    }
}
