import Glibc

/// How much slower one side of a comparison is than the other, and how well that is known.
///
/// A side is one run or several. Its location is the geometric mean of its runs' medians, from five runs on without a fifth of them at
/// each end (`TrimmedMean`); of one run, the median. All is computed in logarithms, where a ratio is a difference and both sides count alike.
public struct MedianRatio: Hashable, Sendable {
    /// Where an interval's width comes from, and so what would make it narrower.
    public enum Source: String, Sendable, Hashable {
        /// Few or scattered samples within the runs.
        case samples
        /// Runs that differ from each other.
        case runs
        /// Agent sessions that differ from each other.
        case restarts
    }

    /// The baseline's location, in the samples' unit.
    public var baseline: Double
    /// The candidate's location, in the samples' unit.
    public var candidate: Double
    /// The candidate's location over the baseline's: below 1, the candidate is faster.
    public var ratio: Double
    /// The 95% interval of the ratio that decides: the widest of those below.
    public var interval: Interval
    /// The same at 99%, which decides the direction.
    public var wide: Interval
    /// Which of them is the widest, at 95%.
    public var source: Source
    /// Bootstrap over the samples of each run, the runs as they are.
    public var withinRuns: Interval
    /// The interval from the runs' medians, by Yuen's t; nil if neither side has a second run.
    public var betweenRuns: Interval?
    /// The interval from the means of agent sessions, likewise; nil if a side has only one.
    public var betweenRestarts: Interval?

    /// The ratio of `candidate` to `baseline`, runs of latencies in the order in which they were measured; nil if a side or a run is
    /// empty, or a sample not above zero.
    ///
    /// `sessions` gives the agent session of each run; without it all runs belong to one.
    public init?(
        baseline: [[Int64]], candidate: [[Int64]], sessions: (baseline: [Int], candidate: [Int])? = nil, seed: UInt64,
        resamples: Int = 1000
    ) {
        var generator = SplitMix64(seed: seed)
        guard let base = ResampledSide(baseline, resamples: resamples, using: &generator),
            let other = ResampledSide(candidate, resamples: resamples, using: &generator)
        else { return nil }
        (self.baseline, self.candidate) = (exp(base.location.value), exp(other.location.value))
        ratio = exp(other.location.value - base.location.value)
        let within = zip(other.withinRuns, base.withinRuns).map { exp($0 - $1) }
        withinRuns = Bootstrap.percentileInterval(within)
        (interval, source) = (withinRuns, .samples)
        wide = Bootstrap.percentileInterval(within, outside: 0.01)
        betweenRuns = widen(by: base.location, other.location, .runs)
        guard let sessions, let first = base.sessions(sessions.baseline),
            let second = other.sessions(sessions.candidate)
        else {
            return
        }
        betweenRestarts = widen(by: first, second, .restarts)
    }

    /// Takes the spread of two sides' values into account; returns its 95% interval, nil if they have none.
    private mutating func widen(by base: TrimmedMean, _ other: TrimmedMean, _ reason: Source) -> Interval? {
        guard let standard = TrimmedMean.standardError(base, other) else { return nil }
        func around(outside: Double) -> Interval {
            let reach = exp(StudentT.quantile(twoSided: outside, degrees: standard.degrees) * standard.error)
            return Interval(lower: ratio / reach, upper: ratio * reach)
        }
        let narrow = around(outside: 0.05)
        if narrow.isWider(than: interval) { (interval, source) = (narrow, reason) }
        let broad = around(outside: 0.01)
        if broad.isWider(than: wide) { wide = broad }
        return narrow
    }
}
