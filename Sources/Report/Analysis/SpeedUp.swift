import Statistics
import Store

/// How much faster a run is than the baseline's run of the same dispatch, board and weights.
struct SpeedUp: Hashable, Sendable {
    /// The variant that is compared with, and its run.
    var baseline: String
    var baselineRun: Int64
    /// The baseline's median compute latency over the run's own: above 1 is faster.
    var ratio: Double
    /// Seeded bootstrap 95% interval of the ratio.
    var interval: Interval
}

/// Chooses baselines, and compares runs with them.
enum Baselines {
    /// The variants that are compared with if the user names none: the first of which there is a run.
    static let defaults = ["pytorch-eager", "onnxruntime-fp32"]

    /// What two runs must have in common for the ratio of their times to mean anything.
    private struct Circumstances: Hashable {
        var dispatch: String
        var group: RankingGroup
        var agent: String?
        var device: String
        var threads: Int?
        var weights: String

        init(_ run: RunDetail) {
            dispatch = run.summary.dispatchID
            group = RankingGroup(run)
            agent = run.board?.agentInstance
            device = run.device
            threads = run.threads
            let model = run.bundle
            weights = model.checkpointSHA256 ?? "\(model.model), width \(model.width), depth \(model.depth)"
        }
    }

    /// The speed-up of every run that can be compared with one of `chosen`, or of the default baselines, by the run's number.
    ///
    /// Emulated runs and those that failed are neither compared nor compared with.
    static func speedUps(_ entries: [ReportModel.Entry], chosen: String?) -> [Int64: SpeedUp] {
        var found: [Int64: SpeedUp] = [:]
        let groups = Dictionary(grouping: entries.filter { $0.isRanked && $0.isShown }) {
            Circumstances($0.run)
        }
        for group in groups.values {
            guard let baseline = baseline(of: group, chosen) else { continue }
            let reference = baseline.samples.sorted()
            for entry in group { found[entry.id] = speedUp(entry, baseline, reference) }
        }
        return found
    }

    private static func baseline(of group: [ReportModel.Entry], _ chosen: String?) -> ReportModel.Entry? {
        for variant in chosen.map({ [$0] }) ?? defaults {
            let runs = group.filter { $0.variant == variant }
            // Several bundles may be of one variant; the newest run is as good as any, and always the same.
            if let newest = runs.max(by: { $0.id < $1.id }) { return newest }
        }
        return nil
    }

    private static func speedUp(
        _ entry: ReportModel.Entry, _ baseline: ReportModel.Entry, _ reference: [Int64]
    ) -> SpeedUp? {
        guard entry.id != baseline.id else {
            return SpeedUp(
                baseline: baseline.variant, baselineRun: baseline.id, ratio: 1, interval: Interval(lower: 1, upper: 1))
        }
        guard let slow = baseline.median, let fast = entry.median, fast > 0 else { return nil }
        let interval: Interval
        if entry.repeats == nil, baseline.repeats == nil {
            interval = Bootstrap.medianRatioInterval(
                numerator: reference, denominator: entry.samples.sorted(), seed: 0)
        } else {
            // Repeated runs show how runs differ, which then decides.
            let ownRuns = entry.repeats?.runs.map(\.ns) ?? [entry.samples]
            let baseRuns = baseline.repeats?.runs.map(\.ns) ?? [baseline.samples]
            guard let size = MedianRatio(baseline: ownRuns, candidate: baseRuns, seed: 0) else { return nil }
            interval = size.interval
        }
        return SpeedUp(
            baseline: baseline.variant, baselineRun: baseline.id, ratio: slow / fast, interval: interval)
    }
}
