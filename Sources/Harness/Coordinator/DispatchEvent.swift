import AgentAPI
import Store

/// What happens during a dispatch, for a display or for `--json`.
public struct DispatchEvent: Sendable, Encodable {
    /// What happened.
    public enum Content: Sendable {
        /// The plan is stored: runs in all, and how many are to be done now.
        case planned(dispatch: String, runs: Int, open: Int)
        case notice(String)
        /// The target's agent answered.
        case connected(AgentInfo)
        /// The target cannot be used; its runs are stored as failures.
        case unusable(Failure)
        /// The first attempt at a run, of round `round` from 1.
        case runStarted(round: Int, of: Int)
        /// Blobs of a run: what was sent, and what the board had already.
        case pushed(sentFiles: Int, sentBytes: Int, skippedFiles: Int, skippedBytes: Int, moduleBytes: Int)
        case phase(RunPhase)
        case progress(RunPhase, done: Int, total: Int)
        /// The run is stored, as row `run`.
        ///
        /// Nil are: `validity` of a run that was not checked, `degraded` of one whose board was fit to show what it can do.
        case ended(
            Outcome, run: Int64, failure: Failure?, medianNs: Double?, validity: RunValidity.Status?, degraded: String?)
        case finished(succeeded: Int, failed: Int)
    }

    /// RFC 3339, UTC, by the coordinator's clock.
    public var at: String
    /// The target's name; nil in what concerns the whole dispatch.
    public var target: String?
    /// The bundle's name; nil in what concerns no single run.
    public var bundle: String?
    /// What happened.
    public var content: Content

    init(_ content: Content, target: String? = nil, bundle: String? = nil) {
        at = Timestamp.now()
        (self.content, self.target, self.bundle) = (content, target, bundle)
    }

    private enum Key: String, CodingKey {
        case at, event, target, bundle, dispatch, runs, open, message, board, emulated, failure, sentFiles, sentBytes
        case skippedFiles, skippedBytes, moduleBytes, phase, done, total, outcome, run, medianNs, succeeded, failed,
            round, rounds, verdict, degraded
    }

    /// One flat object: `event` names what happened.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        func put(_ event: String, _ values: (Key, (any Encodable)?)...) throws {
            try container.encode([(.at, at), (.target, target), (.bundle, bundle), (.event, event)] + values)
        }
        switch content {
        case .planned(let dispatch, let runs, let open):
            try put("planned", (.dispatch, dispatch), (.runs, runs), (.open, open))
        case .notice(let message): try put("notice", (.message, message))
        case .connected(let info): try put("connected", (.board, info.board), (.emulated, info.emulated))
        case .unusable(let failure): try put("unusable", (.failure, failure))
        case .runStarted(let round, let rounds): try put("run-started", (.round, round), (.rounds, rounds))
        case .pushed(let sentFiles, let sentBytes, let skippedFiles, let skippedBytes, let moduleBytes):
            try put(
                "pushed", (.sentFiles, sentFiles), (.sentBytes, sentBytes), (.skippedFiles, skippedFiles),
                (.skippedBytes, skippedBytes), (.moduleBytes, moduleBytes))
        case .phase(let phase): try put("phase", (.phase, phase))
        case .progress(let phase, let done, let total):
            try put("progress", (.phase, phase), (.done, done), (.total, total))
        case .ended(let outcome, let run, let failure, let medianNs, let validity, let degraded):
            try put(
                "ended", (.outcome, outcome), (.run, run), (.failure, failure), (.medianNs, medianNs),
                (.verdict, validity), (.degraded, degraded))
        case .finished(let succeeded, let failed): try put("finished", (.succeeded, succeeded), (.failed, failed))
        }
    }
}

extension KeyedEncodingContainer {
    /// Encodes each value under its key; nil is left out.
    mutating func encode(_ values: [(Key, (any Encodable)?)]) throws {
        for case (let key, let value?) in values { try encode(value, forKey: key) }
    }
}
