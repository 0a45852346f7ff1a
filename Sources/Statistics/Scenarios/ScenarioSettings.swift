import Results

/// What a run must reach to be valid.
public struct ScenarioSettings: Hashable, Sendable {
    /// How queries are issued.
    public var scenario: Scenario
    /// Samples in one query; offline, in the only one.
    public var samplesPerQuery: Int
    /// The percentile that the result is about, above 0 and below 1; offline has none and passes over it.
    public var percentile: Double
    /// What the percentile's latency must not exceed; of the server scenario only.
    public var latencyBoundNs: Int64?
    /// Least time from the start until the last query.
    public var minDurationNs: Int64
    /// Least number of queries; offline there is one.
    public var minQueries: Int

    /// Rules of any scenario; its presets are below.
    public init(
        scenario: Scenario, samplesPerQuery: Int, percentile: Double, latencyBoundNs: Int64? = nil,
        minDurationNs: Int64, minQueries: Int
    ) {
        (self.scenario, self.samplesPerQuery, self.percentile) = (scenario, samplesPerQuery, percentile)
        (self.latencyBoundNs, self.minDurationNs, self.minQueries) = (latencyBoundNs, minDurationNs, minQueries)
    }

    /// A scenario's own settings; `latencyBoundNs` is for the server scenario only, `samples` for offline only.
    public init(_ scenario: Scenario, minDurationNs: Int64, latencyBoundNs: Int64?, samples: Int) {
        self =
            switch scenario {
            case .singleStream: .singleStream(minDurationNs: minDurationNs)
            case .multiStream: .multiStream(minDurationNs: minDurationNs)
            case .server: .server(latencyBoundNs: latencyBoundNs ?? 0, minDurationNs: minDurationNs)
            case .offline: .offline(samples: samples, minDurationNs: minDurationNs)
            }
    }

    /// One sample a query, percentile 0.90.
    public static func singleStream(minDurationNs: Int64) -> ScenarioSettings {
        ScenarioSettings(
            scenario: .singleStream, samplesPerQuery: 1, percentile: 0.90, minDurationNs: minDurationNs,
            minQueries: EarlyStopping.minimumQueries(above: 1, percentile: 0.90))
    }

    /// Eight samples a query, percentile 0.99 of the queries' latencies.
    public static func multiStream(minDurationNs: Int64) -> ScenarioSettings {
        ScenarioSettings(
            scenario: .multiStream, samplesPerQuery: 8, percentile: 0.99, minDurationNs: minDurationNs,
            minQueries: EarlyStopping.minimumQueries(above: 1, percentile: 0.99))
    }

    /// One sample a query, percentile 0.99 within `latencyBoundNs`; how many queries are needed is for early stopping to say.
    public static func server(latencyBoundNs: Int64, minDurationNs: Int64) -> ScenarioSettings {
        ScenarioSettings(
            scenario: .server, samplesPerQuery: 1, percentile: 0.99, latencyBoundNs: latencyBoundNs,
            minDurationNs: minDurationNs, minQueries: 1)
    }

    /// All `samples` in one query.
    public static func offline(samples: Int, minDurationNs: Int64) -> ScenarioSettings {
        ScenarioSettings(
            scenario: .offline, samplesPerQuery: samples, percentile: 0.99, minDurationNs: minDurationNs, minQueries: 1)
    }
}
