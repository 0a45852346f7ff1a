import AgentAPI

/// What happens during a search for schedules, for a display or for `--json`.
public struct TuningEvent: Sendable, Encodable {
    /// What happened.
    public enum Content: Sendable {
        /// The target's agent answered.
        case connected(AgentInfo)
        /// The number of candidates, and how many more the database has from an earlier search.
        case planned(candidates: Int, measured: Int)
        case step(SearchStep)
        case notice(String)
        /// The board is measuring this candidate.
        case measuring(CandidateRequest)
        case measured(CandidateRequest, CandidateTimes)
        /// The candidate failed on the board; the search goes on.
        case unmeasured(CandidateRequest, Failure)
        case chosen(ChosenKernel)
        case finished(TuningSummary)
    }

    /// RFC 3339, UTC, by the coordinator's clock.
    public var at: String
    /// Name of the target the search measures on.
    public var target: String
    /// What happened.
    public var content: Content

    init(_ content: Content, target: String) {
        at = Timestamp.now()
        self.target = target
        self.content = content
    }

    private enum Key: String, CodingKey {
        case at, event, target, board, emulated, candidates, measured, message, id, what, medianNs, lowestNs, calls
        case throttling, failure, done, total, bestNs, layer, kernel, ns, defaultNs, database, entries, unmeasured,
            slowed
    }

    /// One flat object: `event` names what happened.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        func put(_ key: Key, _ value: (some Encodable)?) throws { try container.encodeIfPresent(value, forKey: key) }
        func put(_ request: CandidateRequest) throws {
            try put(.id, request.id)
            try put(.what, request.what)
        }
        try put(.at, at)
        try put(.target, target)
        switch content {
        case .connected(let info):
            try put(.event, "connected")
            try put(.board, info.board)
            try put(.emulated, info.emulated)
        case .planned(let candidates, let measured):
            try put(.event, "planned")
            try put(.candidates, candidates)
            try put(.measured, measured)
        case .step(let step):
            try put(.event, "step")
            try put(.layer, step.layer)
            try put(.done, step.done)
            try put(.total, step.total)
            try put(.bestNs, step.bestNs)
        case .notice(let message):
            try put(.event, "notice")
            try put(.message, message)
        case .measuring(let request):
            try put(.event, "measuring")
            try put(request)
        case .measured(let request, let times):
            try put(.event, "measured")
            try put(request)
            try put(.medianNs, times.medianNs)
            try put(.lowestNs, times.lowestNs)
            try put(.calls, times.calls)
            try put(.throttling, times.throttling)
        case .unmeasured(let request, let failure):
            try put(.event, "unmeasured")
            try put(request)
            try put(.failure, failure)
        case .chosen(let chosen):
            try put(.event, "chosen")
            try put(.layer, chosen.layer)
            try put(.kernel, chosen.kernel)
            try put(.ns, chosen.ns)
            try put(.defaultNs, chosen.defaultNs)
        case .finished(let summary):
            try put(.event, "finished")
            try put(.database, summary.database)
            try put(.entries, summary.entries)
            try put(.measured, summary.measured)
            try put(.unmeasured, summary.unmeasured)
            try put(.slowed, summary.slowed)
        }
    }
}

/// The result of a finished search.
public struct TuningSummary: Hashable, Sendable {
    /// Path of the tuning database.
    public var database: String
    /// Entries in the database.
    public var entries: Int
    /// Candidates measured in this search.
    public var measured: Int
    /// Candidates that failed on the board.
    public var unmeasured: Int
    /// Of `measured`, those during which the board reported throttling.
    public var slowed: Int
}
