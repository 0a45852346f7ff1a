/// How a run, and the job that it was on its board, ended.
public enum Outcome: String, Codable, Hashable, Sendable, CaseIterable {
    case succeeded
    case failed
    case timedOut = "timed-out"
    case cancelled
    /// The agent died or was stopped while the job ran; `--resume` tries again.
    case lost
}
