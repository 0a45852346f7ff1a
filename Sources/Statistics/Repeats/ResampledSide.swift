import Glibc

/// Runs of one module with their medians drawn again; all in logarithms.
struct ResampledSide {
    /// Of each run, in the order of the runs.
    var medians: [Double] = []
    var location: TrimmedMean
    /// The location of each run's samples drawn again.
    var withinRuns: [Double]
    /// The variance of a run's median as its samples drawn again show it, the mean over the runs.
    var meanVariance: Double

    /// Nil if there is no run, a run is empty, or a sample not above zero.
    init?(_ runs: [[Int64]], resamples: Int, using generator: inout SplitMix64) {
        guard !runs.isEmpty else { return nil }
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
        meanVariance =
            zip(resampled, medians).reduce(0) { sum, run in
                sum + run.0.squares(around: run.1) / Double(resamples)
            } / Double(runs.count)
    }
    /// The means of the agent's sessions, given the session of each run; nil if there is only one.
    func sessions(_ sessions: [Int]) -> TrimmedMean? {
        let groups = Dictionary(grouping: zip(sessions, medians), by: \.0).sorted { $0.key < $1.key }
        guard groups.count > 1 else { return nil }
        return TrimmedMean(groups.map { group in group.value.reduce(0) { $0 + $1.1 } / Double(group.value.count) })
    }
}
