/// Whether a run is valid in its scenario, and its result there.
public struct RunValidity: Codable, Hashable, Sendable {
    /// Why a run is not valid: a stable code for programs, a message for people.
    public struct Reason: Codable, Hashable, Sendable {
        /// `duration`, `queries`, `latency-bound`, `early-stopping` or `unanswered`.
        public var code: String
        /// With the value and what was required.
        public var message: String

        /// A reason with a stable code.
        public init(code: String, message: String) { (self.code, self.message) = (code, message) }
    }

    /// LoadGen's terms.
    public enum Status: String, Codable, Hashable, Sendable {
        case valid = "VALID"
        case invalid = "INVALID"
    }

    /// Empty if the run is valid.
    public var reasons: [Reason] = []
    /// Offline: of the only query.
    public var samplesPerQuery: Int
    /// Nil offline.
    public var percentile: Double?
    /// Both of the server scenario only.
    public var latencyBoundNs: Int64?
    /// Mean rate of arrivals that was asked for.
    public var targetQueriesPerSecond: Double?
    /// What was asked for.
    public var minDurationNs: Int64
    /// Least number of queries that was asked for.
    public var minQueries: Int
    /// From the start until the last query was issued or to arrive; offline until the last answer.
    public var durationNs: Int64
    /// Issued; offline 1.
    public var queries: Int
    /// Of the server scenario only: LoadGen waits for all.
    public var unansweredQueries = 0
    /// Most queries that were there and not yet answered; of the server scenario only.
    public var longestQueue: Int?
    /// Single- and multi-stream: the early-stopping estimate of the percentile, and how many queries lie above it.
    public var latencyNs: Int64?
    /// Queries above `latencyNs`.
    public var discardedQueries: Int?
    /// Server and offline: samples answered per second.
    public var samplesPerSecond: Double?

    /// Whether the result may be quoted.
    public var isValid: Bool { reasons.isEmpty }
    /// `valid` without reasons.
    public var status: Status { isValid ? .valid : .invalid }

    /// A valid run without a result, until those are set.
    public init(samplesPerQuery: Int, minDurationNs: Int64, minQueries: Int, durationNs: Int64, queries: Int) {
        (self.samplesPerQuery, self.minDurationNs, self.minQueries) = (samplesPerQuery, minDurationNs, minQueries)
        (self.durationNs, self.queries) = (durationNs, queries)
    }
}
