/// The wait before a run until the board was cool or idle.
public struct IdleWait: Codable, Hashable, Sendable {
    /// What was waited for, as a person wrote it: `60C`, `idle`.
    public var condition: String
    /// How long it took.
    public var waitedNs: Int64
    /// Nil if the board reached it; else why the run began without.
    public var shortfall: String?

    /// A wait for `condition` that ended after `waitedNs`.
    public init(condition: String, waitedNs: Int64, shortfall: String?) {
        (self.condition, self.waitedNs, self.shortfall) = (condition, waitedNs, shortfall)
    }
}

/// The state of board and runner while a run was timed, and how it was assessed.
public struct Health: Codable, Hashable, Sendable {
    /// What the board and the runner reported.
    public var readings: HealthReadings
    /// Why the run does not show what the board can do, reasons separated by “; ”; nil if all was within its limits.
    public var degraded: String?
    /// The limits it was assessed by.
    public var limits: HealthLimits
    /// Nil if nothing was waited for.
    public var idleWait: IdleWait?

    /// An assessment of `readings` by `limits`.
    public init(_ readings: HealthReadings, degraded: String?, limits: HealthLimits, idleWait: IdleWait? = nil) {
        (self.readings, self.degraded, self.limits, self.idleWait) = (readings, degraded, limits, idleWait)
    }
}
