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
        (self.target, self.content) = (target, content)
    }

    private enum Key: String, CodingKey {
        case at, event, target, board, emulated, candidates, measured, message, id, what, medianNs, lowestNs, calls
        case throttling, failure, done, total, bestNs, layer, kernel, ns, defaultNs, database, entries, unmeasured,
            slowed
    }

    /// One flat object: `event` names what happened.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        func put(_ event: String, _ values: (Key, (any Encodable)?)...) throws {
            try container.encode([(.at, at), (.target, target), (.event, event)] + values)
        }
        switch content {
        case .connected(let info): try put("connected", (.board, info.board), (.emulated, info.emulated))
        case .planned(let candidates, let measured):
            try put("planned", (.candidates, candidates), (.measured, measured))
        case .step(let step):
            try put("step", (.layer, step.layer), (.done, step.done), (.total, step.total), (.bestNs, step.bestNs))
        case .notice(let message): try put("notice", (.message, message))
        case .measuring(let request): try put("measuring", (.id, request.id), (.what, request.what))
        case .measured(let request, let times):
            try put(
                "measured", (.id, request.id), (.what, request.what), (.medianNs, times.medianNs),
                (.lowestNs, times.lowestNs), (.calls, times.calls), (.throttling, times.throttling))
        case .unmeasured(let request, let failure):
            try put("unmeasured", (.id, request.id), (.what, request.what), (.failure, failure))
        case .chosen(let chosen):
            try put(
                "chosen", (.layer, chosen.layer), (.kernel, chosen.kernel), (.ns, chosen.ns),
                (.defaultNs, chosen.defaultNs))
        case .finished(let summary):
            try put(
                "finished", (.database, summary.database), (.entries, summary.entries), (.measured, summary.measured),
                (.unmeasured, summary.unmeasured), (.slowed, summary.slowed))
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
