import Statistics

/// How board and runner did while a run was timed, and what was made of it.
public struct Health: Hashable, Sendable {
    public var readings: HealthReadings
    /// Why the run does not show what the board can do, reasons separated by “; ”; nil if all was within its limits.
    public var degraded: String?
    /// The limits it was judged by, as JSON.
    public var limitsJSON: String
    /// Nil if nothing was waited for.
    public var settling: Settling?

    public init(readings: HealthReadings, degraded: String?, limitsJSON: String, settling: Settling? = nil) {
        self.readings = readings
        self.degraded = degraded
        self.limitsJSON = limitsJSON
        self.settling = settling
    }
}
