import Results

/// The rules by which a run's result may be quoted, and the result.
///
/// Source: MLPerf Inference LoadGen 6.0, `results.cc`: `MinDurationMet`, `MinQueriesMet`, `MinSamplesMet`,
/// `PerfConstraintsMet`, `EarlyStopping`, and the metrics of `LogSummary`.
public struct ValidityCheck: Hashable, Sendable {
    /// Why a run is not valid.
    public enum Reason: Hashable, Sendable {
        /// The run was shorter than asked.
        case duration(ns: Int64, least: Int64)
        /// There were fewer queries (offline: samples) than asked.
        case queries(Int, least: Int)
        /// The percentile's latency exceeds the bound.
        case latencyBound(ns: Int64, bound: Int64)
        /// With `above` queries beyond the bound, or counted as such, there were too few queries to be confident.
        case earlyStopping(queries: Int, least: Int, above: Int)
        /// So many queries of a server were never answered. Ours: LoadGen waits for all, however long that takes.
        case unanswered(Int)
    }

    /// What is said of a run.
    public enum Metric: Hashable, Sendable {
        /// Single- and multi-stream: the early-stopping estimate of the percentile of the queries' latencies.
        case latency(EarlyStopping.Estimate)
        /// Server and offline.
        case samplesPerSecond(Double)
    }

    /// Empty if the run is valid.
    public var reasons: [Reason]
    /// Nil where the run says nothing: too few queries for an estimate, or no time passed.
    public var metric: Metric?

    /// VALID in LoadGen's words.
    public var isValid: Bool { reasons.isEmpty }

    /// Checks a run under `settings`.
    ///
    /// `latenciesNs` has a query an element, in the order of issue: in the server scenario from the scheduled arrival until the
    /// answer; offline it has a sample an element, from the start until its answer. `durationNs` is the time from the start until
    /// the last query was issued (single- and multi-stream) or scheduled (server); offline passes over it, since its only query
    /// lasts as long as its slowest sample. The last `unanswered` latencies are how long unanswered queries waited, which takes no
    /// part in the rate.
    public init(settings: ScenarioSettings, latenciesNs: [Int64], durationNs: Int64, unanswered: Int = 0) {
        let sorted = latenciesNs.sorted()
        let count = sorted.count
        let duration = settings.scenario == .offline ? sorted.last ?? 0 : durationNs
        let leastQueries = settings.scenario == .offline ? settings.samplesPerQuery : settings.minQueries
        reasons = []
        if duration < settings.minDurationNs { reasons.append(.duration(ns: duration, least: settings.minDurationNs)) }
        if count < leastQueries { reasons.append(.queries(count, least: leastQueries)) }
        switch settings.scenario {
        case .singleStream, .multiStream:
            metric = EarlyStopping.estimate(sorted: sorted, percentile: settings.percentile).map(Metric.latency)
            if metric == nil { reasons += Self.tooFew(count, above: 1, percentile: settings.percentile) }
        case .server:
            let answered = unanswered == 0 ? count - 1 : count - unanswered
            metric = Self.rate(samples: answered, ns: durationNs + (latenciesNs.last ?? 0))
            if unanswered > 0 { reasons.append(.unanswered(unanswered)) }
            if let bound = settings.latencyBoundNs {
                if let latency = Percentiles.value(sorted: sorted, settings.percentile), latency > bound {
                    reasons.append(.latencyBound(ns: latency, bound: bound))
                }
                let above = sorted.count { $0 > bound }
                reasons += Self.tooFew(count, above: above, percentile: settings.percentile)
            }
        case .offline: metric = Self.rate(samples: count, ns: duration)
        }
    }

    /// The reason, if `queries` are fewer than early stopping needs.
    private static func tooFew(_ queries: Int, above: Int, percentile: Double) -> [Reason] {
        let least = EarlyStopping.minimumQueries(above: above, percentile: percentile)
        return queries < least ? [.earlyStopping(queries: queries, least: least, above: above)] : []
    }

    /// LoadGen counts one sample less than a server run had: the last one's begin is the end of the time.
    private static func rate(samples: Int, ns: Int64) -> Metric? {
        samples >= 0 && ns > 0 ? .samplesPerSecond(Double(samples) * 1e9 / Double(ns)) : nil
    }
}
