import Glibc

/// How much slower one side of a comparison is than the other, and how well that is known.
///
/// A side is one run or several. Its location is the geometric mean of its runs' medians: of one run, the median. All is computed in
/// logarithms, where a ratio is a difference and both sides count alike.
public struct MedianRatio: Hashable, Sendable {
    /// Where an interval's width comes from, and so what would make it narrower.
    public enum Source: String, Sendable, Hashable {
        /// Few or scattered samples within the runs.
        case samples
        /// Runs that differ from each other.
        case runs
    }

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
    /// What the runs' medians say; nil if neither side has a second run.
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
        let difference = other.location - base.location
        ratio = exp(difference)
        let within = zip(other.withinRuns, base.withinRuns).map { exp($0 - $1) }
        withinRuns = Bootstrap.percentileInterval(within)
        interval = withinRuns
        wide = Bootstrap.percentileInterval(within, outside: 0.01)
        source = .samples
        guard let standard = Self.standardError(base.logMedians, other.logMedians) else { return }
        let cluster = zip(other.betweenRuns, base.betweenRuns).map { exp($0 - $1) }
        func between(outside: Double) -> Interval {
            let reach = StudentT.quantile(twoSided: outside, degrees: standard.degrees) * standard.error
            return Self.wider(
                Bootstrap.percentileInterval(cluster, outside: outside),
                Interval(lower: exp(difference - reach), upper: exp(difference + reach)))
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

    /// The standard error of the difference of two means, and its degrees of freedom, after Welch 1947.
    ///
    /// A side of one run shows nothing of how runs differ: it is taken to vary as the other does.
    static func standardError(_ first: [Double], _ second: [Double]) -> (error: Double, degrees: Double)? {
        let (a, b) = (variance(first), variance(second))
        switch (a, b) {
        case (nil, nil): return nil
        case (let a?, let b?):
            let (x, y) = (a / Double(first.count), b / Double(second.count))
            let (m, n) = (Double(first.count - 1), Double(second.count - 1))
            let degrees = x + y > 0 ? (x + y) * (x + y) / (x * x / m + y * y / n) : m + n
            return ((x + y).squareRoot(), degrees)
        case (let shared?, nil), (nil, let shared?):
            let error = (shared * (1 / Double(first.count) + 1 / Double(second.count))).squareRoot()
            return (error, Double(max(first.count, second.count) - 1))
        }
    }

    private static func variance(_ values: [Double]) -> Double? {
        guard values.count > 1 else { return nil }
        let mean = values.reduce(0, +) / Double(values.count)
        return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    }
}

/// One side of a comparison, with its resampled locations; all in logarithms.
private struct Side {
    var logMedians: [Double]
    var location: Double
    /// Each run's samples drawn again.
    var withinRuns: [Double]
    /// The runs drawn again, whole: the cluster bootstrap of Davison and Hinkley 1997, 3.8. With few runs it is too narrow (Cameron,
    /// Gelbach and Miller 2008), which is why t has a say as well.
    var betweenRuns: [Double]

    init?(_ runs: [[Int64]], resamples: Int, using generator: inout SplitMix64) {
        logMedians = []
        withinRuns = [Double](repeating: 0, count: resamples)
        for run in runs {
            let sorted = run.sorted()
            guard let median = Percentiles.median(sorted: sorted), sorted[0] > 0 else { return nil }
            logMedians.append(log(median))
            let widening = Dependence.widening(ofMedianOf: run)
            for (index, resampled) in Bootstrap.medians(sorted: sorted, resamples: resamples, using: &generator)
                .enumerated()
            {
                withinRuns[index] += (log(median) + widening * log(resampled / median)) / Double(runs.count)
            }
        }
        let medians = logMedians
        location = medians.reduce(0, +) / Double(medians.count)
        betweenRuns = Bootstrap.statistics(of: medians.count, resamples: resamples, using: &generator) { drawn in
            drawn.reduce(0) { $0 + medians[$1] } / Double(drawn.count)
        }
    }
}
