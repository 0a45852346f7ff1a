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
    public var target: String?
    public var bundle: String?
    public var content: Content

    init(_ content: Content, target: String? = nil, bundle: String? = nil) {
        at = Timestamp.now()
        self.content = content
        self.target = target
        self.bundle = bundle
    }

    private enum Key: String, CodingKey {
        case at, event, target, bundle, dispatch, runs, open, message, board, emulated, failure, sentFiles, sentBytes
        case skippedFiles, skippedBytes, moduleBytes, phase, done, total, outcome, run, medianNs, succeeded, failed,
            round, rounds, verdict, degraded
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        func put(_ key: Key, _ value: some Encodable) throws { try container.encode(value, forKey: key) }
        try put(.at, at)
        try container.encodeIfPresent(target, forKey: .target)
        try container.encodeIfPresent(bundle, forKey: .bundle)
        switch content {
        case .planned(let dispatch, let runs, let open):
            try put(.event, "planned")
            try put(.dispatch, dispatch)
            try put(.runs, runs)
            try put(.open, open)
        case .notice(let message):
            try put(.event, "notice")
            try put(.message, message)
        case .connected(let info):
            try put(.event, "connected")
            try put(.board, info.board)
            try put(.emulated, info.emulated)
        case .unusable(let failure):
            try put(.event, "unusable")
            try put(.failure, failure)
        case .runStarted(let round, let rounds):
            try put(.event, "run-started")
            try put(.round, round)
            try put(.rounds, rounds)
        case .pushed(let sentFiles, let sentBytes, let skippedFiles, let skippedBytes, let moduleBytes):
            try put(.event, "pushed")
            try put(.sentFiles, sentFiles)
            try put(.sentBytes, sentBytes)
            try put(.skippedFiles, skippedFiles)
            try put(.skippedBytes, skippedBytes)
            try put(.moduleBytes, moduleBytes)
        case .phase(let phase):
            try put(.event, "phase")
            try put(.phase, phase)
        case .progress(let phase, let done, let total):
            try put(.event, "progress")
            try put(.phase, phase)
            try put(.done, done)
            try put(.total, total)
        case .ended(let outcome, let run, let failure, let medianNs, let validity, let degraded):
            try put(.event, "ended")
            try put(.outcome, outcome.rawValue)
            try put(.run, run)
            try container.encodeIfPresent(failure, forKey: .failure)
            try container.encodeIfPresent(medianNs, forKey: .medianNs)
            try container.encodeIfPresent(validity, forKey: .verdict)
            try container.encodeIfPresent(degraded, forKey: .degraded)
        case .finished(let succeeded, let failed):
            try put(.event, "finished")
            try put(.succeeded, succeeded)
            try put(.failed, failed)
        }
    }
}
