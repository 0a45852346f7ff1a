/// The parts of a run, in order; each is timed by itself.
public enum RunPhase: String, Codable, Hashable, Sendable, CaseIterable {
    /// Module and data set sent to the board, by the coordinator.
    case transfer
    /// `dlopen` of TVM's libraries, or the import of another framework.
    case runtime
    /// The module read, its VM initialised.
    case load
    /// The first inference, cold.
    case firstCall = "first-call"
    /// Calls until the running median is stable.
    case warmUp = "warm-up"
    /// The samples that count.
    case timed
    /// Calls under the virtual machine's instrument, instead of the timed ones and of scores.
    case profile
    /// Every slice of the data set, scored.
    case accuracy
}

/// Memory of the runner's process, from `/proc/self/status`, at the end of a phase.
public struct MemorySnapshot: Codable, Hashable, Sendable {
    /// `VmRSS`.
    public var residentBytes: Int
    /// `VmHWM`.
    public var peakResidentBytes: Int
    /// Memory taken on a GPU since its runtime was loaded; nil on a CPU.
    public var deviceBytes: Int?

    /// A snapshot in bytes.
    public init(residentBytes: Int, peakResidentBytes: Int, deviceBytes: Int? = nil) {
        (self.residentBytes, self.peakResidentBytes) = (residentBytes, peakResidentBytes)
        self.deviceBytes = deviceBytes
    }
}

/// Time and memory of one phase of a run.
public struct Phase: Codable, Hashable, Sendable {
    /// Which part of the run it is.
    public var name: RunPhase
    /// By a monotonic clock.
    public var durationNs: Int64
    /// Nil for `transfer`.
    public var memory: MemorySnapshot?

    /// `VmHWM` at its end.
    public var peakResidentBytes: Int? { memory?.peakResidentBytes }

    /// A phase that lasted `durationNs`.
    public init(_ name: RunPhase, durationNs: Int64, memory: MemorySnapshot? = nil) {
        (self.name, self.durationNs, self.memory) = (name, durationNs, memory)
    }
}
