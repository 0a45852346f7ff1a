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
}
