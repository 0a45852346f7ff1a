// What a run's scenario adds to it: its queries, and what is said of them.

/// One query of the timed phase; offline one of the samples of its only query, which all are issued at once.
public struct Query: Hashable, Sendable {
    /// From 0, in the order of issue.
    public var index: Int
    /// From the phase's start until it was issued or, in the server scenario, was to arrive.
    public var issuedNs: Int64
    /// From then until its answer; nil if it was never answered.
    public var latencyNs: Int64?

    public init(index: Int, issuedNs: Int64, latencyNs: Int64?) {
        self.index = index
        self.issuedNs = issuedNs
        self.latencyNs = latencyNs
    }
}

extension [Query] {
    /// Latencies of all queries, in their order. Those who waited in vain did so until the last answer at least.
    public var latenciesNs: [Int64] {
        let closing = closingNs
        return map { $0.latencyNs ?? closing - $0.issuedNs }
    }

    /// When the last answer came.
    public var closingNs: Int64 { compactMap { query in query.latencyNs.map { query.issuedNs + $0 } }.max() ?? 0 }
}

/// Whether a run is valid in its scenario, and its result there.
public struct JudgementRecord: Hashable, Sendable {
    /// Why a run is not valid: a stable code for programs, a message for people.
    public struct Reason: Hashable, Sendable {
        public var code: String
        public var message: String

        public init(code: String, message: String) {
            self.code = code
            self.message = message
        }
    }

    /// Empty if the run is valid.
    public var reasons: [Reason]
    /// Offline: of the only query.
    public var samplesPerQuery: Int
    /// Nil offline.
    public var percentile: Double?
    /// Both of the server scenario only.
    public var latencyBoundNs: Int64?
    public var targetQueriesPerSecond: Double?
    /// What was asked for.
    public var leastDurationNs: Int64
    public var leastQueries: Int
    /// From the start until the last query was issued or to arrive; offline until the last answer.
    public var durationNs: Int64
    /// Issued; offline 1.
    public var queries: Int
    public var unansweredQueries: Int
    /// Most queries that were there and not yet answered; of the server scenario only.
    public var longestQueue: Int?
    /// Single- and multi-stream: the early-stopping estimate of the percentile, and how many queries lie above it.
    public var latencyNs: Int64?
    public var discardedQueries: Int?
    /// Server and offline: samples answered per second.
    public var samplesPerSecond: Double?

    /// Whether the result may be quoted.
    public var isValid: Bool { reasons.isEmpty }

    public init(
        reasons: [Reason], samplesPerQuery: Int, percentile: Double?, latencyBoundNs: Int64? = nil,
        targetQueriesPerSecond: Double? = nil, leastDurationNs: Int64, leastQueries: Int, durationNs: Int64,
        queries: Int, unansweredQueries: Int = 0, longestQueue: Int? = nil, latencyNs: Int64? = nil,
        discardedQueries: Int? = nil, samplesPerSecond: Double? = nil
    ) {
        self.reasons = reasons
        self.samplesPerQuery = samplesPerQuery
        self.percentile = percentile
        self.latencyBoundNs = latencyBoundNs
        self.targetQueriesPerSecond = targetQueriesPerSecond
        self.leastDurationNs = leastDurationNs
        self.leastQueries = leastQueries
        self.durationNs = durationNs
        self.queries = queries
        self.unansweredQueries = unansweredQueries
        self.longestQueue = longestQueue
        self.latencyNs = latencyNs
        self.discardedQueries = discardedQueries
        self.samplesPerSecond = samplesPerSecond
    }
}
