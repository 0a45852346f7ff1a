/// How queries are put to a module, after MLPerf Inference LoadGen (`test_settings.h`).
public enum Scenario: String, Codable, Hashable, Sendable, CaseIterable {
    /// One sample a query; the next query starts when the last has ended.
    case singleStream = "single-stream"
    /// Several samples a query; the next query starts when the last has ended.
    case multiStream = "multi-stream"
    /// One sample a query; queries arrive at random, whether the last has ended or not.
    case server
    /// All samples in one query.
    case offline

    /// What decides when a query is issued.
    public enum Pattern: Hashable, Sendable {
        /// The end of the query before; the result is a percentile of the latencies.
        case stream
        /// A schedule; the result is the rate that was answered within the latency bound.
        case arrivals
        /// Nothing: there is one query; the result is the rate of its samples.
        case batch
    }

    /// By which rules a run is checked and its result computed.
    public var pattern: Pattern {
        switch self {
        case .singleStream, .multiStream: .stream
        case .server: .arrivals
        case .offline: .batch
        }
    }
}
