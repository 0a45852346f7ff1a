/// How a job is measured, as the user asked for it.
public struct RunSettings: Codable, Hashable, Sendable {
    /// How a run's timed queries are issued: `single-stream`, `multi-stream`, `server` or `offline`.
    public var scenario = "single-stream"
    /// The timed phase goes on at least this long …
    public var minDurationNs: Int64 = 10_000_000_000
    /// … and for at least this many queries (offline: samples of its only one) …
    public var minQueries = 64
    /// … but for at most this many.
    public var maxQueries = 1_000_000
    /// Samples in one query; nil for as many as the scenario has.
    public var samplesPerQuery: Int?
    /// How many queries arrive a second on average; of the server scenario only, which must have it.
    public var targetQueriesPerSecond: Double?
    /// What the percentile's latency must not exceed; of the server scenario only, which must have it.
    public var latencyBoundNs: Int64?
    /// The percentile that the result is about, above 0 and below 1; nil for the scenario's own.
    public var percentile: Double?
    /// Warm-up ends when the running median is stable, after at most this many calls …
    public var warmUpMaxCalls = 200
    /// … or this long.
    public var warmUpMaxDurationNs: Int64 = 5_000_000_000
    /// Length of the windows by which health and times are summarised; nil for a minute.
    public var windowNs: Int64?
    /// Threads the module may use; nil for as many as the board has cores.
    public var threads: Int?
    /// Seed of everything random: order of the inputs, arrivals of a server's queries.
    public var seed: UInt64 = 0
    /// The job is stopped as `timed-out` after this long.
    public var timeLimitNs: Int64 = 900_000_000_000
    /// The runner may not map more than this (`RLIMIT_DATA`); nil for no limit.
    public var memoryLimitBytes: Int?
    /// So many calls are profiled, function by function, and nothing is timed or scored; nil for a run that counts.
    public var profileCalls: Int?

    /// The preset `quick`: 10 s, at least 64 queries as single-stream's early stopping wants.
    public init() {}

    /// The preset `quick` with what `change` changes.
    public init(_ change: (inout RunSettings) throws -> Void) rethrows { try change(&self) }

    /// The scenario by its name; nil if there is none of that name.
    public var knownScenario: Scenario? { Scenario(rawValue: scenario) }
}
