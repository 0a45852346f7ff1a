import Glibc

/// How much slower one side of a comparison is than the other, and how well that is known.
///
/// A side is one run or several. Its location is the geometric mean of its runs' medians, of five runs or more without the fifth of them at
/// each end (`TrimmedMean`): of one run, the median. All is computed in logarithms, where a ratio is a difference and both sides count alike.
public struct MedianRatio: Hashable, Sendable {
    /// Where an interval's width comes from, and so what would make it narrower.
    public enum Source: String, Sendable, Hashable {
        /// Few or scattered samples within the runs.
        case samples
        /// Runs that differ from each other.
        case runs
    }

    /// The sides' locations, in the samples' unit.
    public var baseline: Double
    public var candidate: Double
    /// The candidate's location over the baseline's: below 1, the candidate is faster.
    public var ratio: Double
    /// The 95% interval of the ratio that decides: the wider of the two below.
    public var interval: Interval
    /// The same at 99%: what a direction is decided by.
    public var wide: Interval
    /// Which of the two that is, at 95%.
    public var source: Source
    /// Bootstrap over the samples of each run, the runs as they are.
    public var withinRuns: Interval
    /// What the runs' medians say, by Yuen's t; nil if neither side has a second run.
    public var betweenRuns: Interval?

    /// The ratio of `candidate` to `baseline`, runs of latencies in the order in which they were measured; nil if a side or a run is
    /// empty, or a sample not above zero.
    public init?(baseline: [[Int64]], candidate: [[Int64]], seed: UInt64, resamples: Int = 1000) {
        guard !baseline.isEmpty, !candidate.isEmpty else { return nil }
        var generator = SplitMix64(seed: seed)
        var sides: [Side] = []
        for runs in [baseline, candidate] {
            guard let side = Side(runs, resamples: resamples, using: &generator) else { return nil }
            sides.append(side)
        }
        let (base, other) = (sides[0], sides[1])
        (self.baseline, self.candidate) = (exp(base.location.value), exp(other.location.value))
        let difference = other.location.value - base.location.value
        ratio = exp(difference)
        let within = zip(other.withinRuns, base.withinRuns).map { exp($0 - $1) }
        withinRuns = Bootstrap.percentileInterval(within)
        interval = withinRuns
        wide = Bootstrap.percentileInterval(within, outside: 0.01)
        source = .samples
        guard let standard = TrimmedMean.standardError(base.location, other.location) else { return }
        func between(outside: Double) -> Interval {
            let reach = StudentT.quantile(twoSided: outside, degrees: standard.degrees) * standard.error
            return Interval(lower: exp(difference - reach), upper: exp(difference + reach))
        }
        let runs = between(outside: 0.05)
        betweenRuns = runs
        interval = Self.wider(withinRuns, runs)
        wide = Self.wider(wide, between(outside: 0.01))
        source = interval == withinRuns ? .samples : .runs
    }

    private static func wider(_ one: Interval, _ other: Interval) -> Interval {
        other.upper * one.lower > one.upper * other.lower ? other : one
    }
}

/// One side of a comparison, with its resampled locations; all in logarithms.
private struct Side {
    var location: TrimmedMean
    /// The location of each run's samples drawn again.
    var withinRuns: [Double]

    init?(_ runs: [[Int64]], resamples: Int, using generator: inout SplitMix64) {
        var medians: [Double] = []
        var resampled: [[Double]] = []
        for run in runs {
            let sorted = run.sorted()
            guard let median = Percentiles.median(sorted: sorted), sorted[0] > 0 else { return nil }
            let widening = Dependence.widening(ofMedianOf: run)
            medians.append(log(median))
            resampled.append(
                Bootstrap.medians(sorted: sorted, resamples: resamples, using: &generator).map {
                    log(median) + widening * log($0 / median)
                })
        }
        location = TrimmedMean(medians)
        withinRuns = (0..<resamples).map { draw in TrimmedMean(resampled.map { $0[draw] }).value }
    }
}
