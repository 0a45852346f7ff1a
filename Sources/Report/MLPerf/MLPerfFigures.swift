import Statistics
import Store
import Text

/// What LoadGen's logs say of a run, from the database: its queries, settings and validity.
struct MLPerfFigures {
    let run: RunDetail
    let judgement: RunValidity
    let scenario: Scenario
    /// Latencies of every query, offline of every sample, in ascending order, nanoseconds.
    let sorted: [Int64]

    /// Nil if the run was not judged.
    init?(_ run: RunDetail) {
        guard let judgement = run.validity, !run.queries.isEmpty else { return nil }
        self.run = run
        self.judgement = judgement
        scenario = run.summary.scenario
        sorted = run.queries.latenciesNs.sorted()
    }

    static let percentiles = [0.50, 0.90, 0.95, 0.97, 0.99, 0.999]

    /// LoadGen's name of the scenario: `SingleStream`.
    var scenarioName: String {
        scenario.rawValue.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
    var systemName: String { "\(run.summary.target) \(run.summary.bundle)" }
    var validity: String { judgement.status.rawValue }
    var meanNs: Int64 { sorted.reduce(0, +) / Int64(sorted.count) }
    var overLatency: Int { judgement.latencyBoundNs.map { bound in sorted.count { $0 > bound } } ?? 0 }
    var percentile: Double { judgement.percentile ?? 0.99 }

    func value(_ percentile: Double) -> Int64 { Percentiles.value(sorted: sorted, percentile) ?? 0 }

    func met(_ code: String) -> Bool { !judgement.reasons.contains { $0.code == code } }

    /// Queries, or samples, per second over the run's time; 0 where no time passed.
    func rate(_ count: Int, _ ns: Int64) -> Double { ns > 0 ? Double(count) * 1e9 / Double(ns) : 0 }

    /// Of the schedule: the last query ends it and is not counted.
    var scheduledRate: Double { rate(sorted.count - 1, judgement.durationNs) }

    /// What early stopping concluded, in LoadGen's words; nothing offline.
    var earlyStopping: [String] {
        let count = sorted.count
        switch scenario.pattern {
        case .batch: return []
        case .arrivals:
            let least = EarlyStopping.minimumQueries(above: overLatency, percentile: percentile)
            guard count < least else { return [" * Run successful."] }
            return [
                " * Run unsuccessful.", " * Processed \(count) queries.",
                " * Would need to run at least \(least - count) more queries,",
                " with the run being successful if every additional", " query were under latency.",
            ]
        case .stream:
            let least = EarlyStopping.minimumQueries(above: 1, percentile: percentile)
            guard let latency = judgement.latencyNs else {
                return [
                    " * Only processed \(count) queries.",
                    " * Need to process at least \(least) queries for early stopping.",
                ]
            }
            return [
                " * Processed at least \(least) queries (\(count)).",
                " * Would discard \(judgement.discardedQueries ?? 0) highest latency queries.",
                " * Early stopping \(Format.fixed(percentile * 100, 1))th percentile estimate: \(latency)",
            ]
        }
    }

    /// The estimate of p99 that LoadGen infers a multi-stream latency from; 0 if there are too few queries.
    var p99EstimateNs: Int64 { EarlyStopping.estimate(sorted: sorted, percentile: 0.99)?.latencyNs ?? 0 }
}
