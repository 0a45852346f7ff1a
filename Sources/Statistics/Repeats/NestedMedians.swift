import Glibc

/// The location of repeated runs of one module on one board, and the components of their variance.
///
/// Three levels, after Kalibera and Jones 2013: samples within a run (a runner's process), runs within an agent session, and agent
/// sessions. All is computed in logarithms, where a standard deviation is relative.
public struct NestedMedians: Hashable, Sendable {
    /// Variances of a run's logarithmic median, each net of those within it.
    public struct Components: Hashable, Sendable {
        /// Of the median of one run's samples under resampling: the mean over the runs.
        public var withinRun: Double
        /// Between runs of one agent session; nil if none has two runs.
        public var betweenRuns: Double?
        /// Between agent sessions; nil if there is only one.
        public var betweenRestarts: Double?
    }

    /// Number of runs.
    public let runs: Int
    /// Number of agent sessions.
    public let restarts: Int
    /// The location of `MedianRatio`: the geometric mean of the medians, from five runs on without a fifth at each end.
    public let location: Double
    /// The 95% interval that decides: the widest of those of the three levels.
    public let interval: Interval
    /// Which level that is.
    public let source: MedianRatio.Source
    /// The variance of each level.
    public let components: Components

    /// `sessions` has the agent sessions, each with its runs, each with its latencies; nil if there is no run, a run is empty, or a latency is
    /// not above zero.
    public init?(_ sessions: [[[Int64]]], seed: UInt64 = 0, resamples: Int = 1000) {
        let sessions = sessions.filter { !$0.isEmpty }
        var generator = SplitMix64(seed: seed)
        guard !sessions.isEmpty,
            let side = ResampledSide(sessions.flatMap(\.self), resamples: resamples, using: &generator)
        else { return nil }
        runs = side.medians.count
        restarts = sessions.count
        location = exp(side.location.value)
        var rest = side.medians[...]
        let grouped = sessions.map { session in
            defer { rest = rest.dropFirst(session.count) }
            return Array(rest.prefix(session.count))
        }
        components = Self.components(grouped, within: side.meanVariance)
        let centre = side.location.value
        var widest = (Bootstrap.percentileInterval(side.withinRuns.map { exp($0) }), MedianRatio.Source.samples)
        for (reach, source) in [
            (side.location.reach(outside: 0.05), MedianRatio.Source.runs), (Self.reach(grouped), .restarts),
        ] {
            guard let reach else { continue }
            let interval = Interval(lower: exp(centre - reach), upper: exp(centre + reach))
            if interval.isWider(than: widest.0) { widest = (interval, source) }
        }
        (interval, source) = widest
    }

    /// Runs by agent session, sessions and runs in the order of their first appearance.
    public static func grouped<Session: Hashable>(_ runs: [(session: Session, ns: [Int64])]) -> [[[Int64]]] {
        var order: [Session] = []
        var groups: [Session: [[Int64]]] = [:]
        for run in runs {
            if groups[run.session] == nil { order.append(run.session) }
            groups[run.session, default: []].append(run.ns)
        }
        return order.compactMap { groups[$0] }
    }

    /// Half the 95% interval of the mean of the sessions' means, by Student's t; nil for one session.
    private static func reach(_ sessions: [[Double]]) -> Double? {
        guard sessions.count > 1 else { return nil }
        let (means, count) = (sessions.map(\.mean), Double(sessions.count))
        let variance = means.squares(around: means.mean) / (count - 1)
        return StudentT.quantile(twoSided: 0.05, degrees: count - 1) * (variance / count).squareRoot()
    }

    /// The method of moments for a one-way random model with unequal numbers: Searle, Casella and McCulloch 1992, 3.6. A negative
    /// estimate counts as zero.
    private static func components(_ sessions: [[Double]], within: Double) -> Components {
        let counts = sessions.map { Double($0.count) }
        let total = counts.reduce(0, +)
        var found = Components(withinRun: within)
        let degrees = total - Double(sessions.count)
        let inside = sessions.reduce(0) { $0 + $1.squares(around: $1.mean) }
        let meanSquare = degrees > 0 ? inside / degrees : nil
        found.betweenRuns = meanSquare.map { max(0, $0 - within) }
        guard sessions.count > 1 else { return found }
        let grand = sessions.joined().reduce(0, +) / total
        let between = zip(sessions, counts).reduce(0) { $0 + $1.1 * ($1.0.mean - grand) * ($1.0.mean - grand) }
        let betweenSquare = between / Double(sessions.count - 1)
        let weight = (total - counts.reduce(0) { $0 + $1 * $1 } / total) / Double(sessions.count - 1)
        // If no session has two runs, the variance between runs is part of that between sessions.
        found.betweenRestarts = max(0, (betweenSquare - (meanSquare ?? within)) / weight)
        return found
    }
}
