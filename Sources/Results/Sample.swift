/// One inference that was timed; nanoseconds.
public struct Sample: Codable, Hashable, Sendable {
    /// `firstCall`, `warmUp` or `timed`.
    public var phase: RunPhase
    /// From 0 within its phase.
    public var index: Int
    /// Input resident, output resident: the call alone.
    public var computeNs: Int64
    /// Host image in, host mask out: normalise, copy, call, threshold; nil where not measured.
    public var endToEndNs: Int64?
    /// The input's copy to a device with memory of its own, and the output's back; nil on a CPU.
    public var hostToDeviceNs: Int64?
    /// The output's copy back; nil on a CPU.
    public var deviceToHostNs: Int64?

    /// A sample on a CPU.
    public init(phase: RunPhase, index: Int, computeNs: Int64, endToEndNs: Int64? = nil) {
        (self.phase, self.index, self.computeNs, self.endToEndNs) = (phase, index, computeNs, endToEndNs)
    }
}
