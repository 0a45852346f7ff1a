/// Waiting before a run until the board had cooled down or come to rest.
public struct Settling: Codable, Hashable, Sendable {
    /// What was waited for, as a person wrote it: `60C`, `idle`.
    public var wish: String
    public var waitedNs: Int64
    /// Nil if the board reached it; else why the run began without.
    public var shortfall: String?

    public init(wish: String, waitedNs: Int64, shortfall: String?) {
        self.wish = wish
        self.waitedNs = waitedNs
        self.shortfall = shortfall
    }
}

/// The state of board and runner while a run was timed, and how it was assessed.
public struct Health: Codable, Hashable, Sendable {
    public var readings: HealthReadings
    /// Why the run does not show what the board can do, reasons separated by “; ”; nil if all was within its limits.
    public var degraded: String?
    /// The limits it was assessed by.
    public var limits: HealthLimits
    /// Nil if nothing was waited for.
    public var settling: Settling?

    public init(_ readings: HealthReadings, degraded: String?, limits: HealthLimits, settling: Settling? = nil) {
        self.readings = readings
        self.degraded = degraded
        self.limits = limits
        self.settling = settling
    }
}
