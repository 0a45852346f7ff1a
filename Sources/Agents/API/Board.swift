import Results

extension AgentInfo {
    /// The board as every record of a run describes it.
    public typealias Board = Results.Board
}

/// What a board says of its state at one moment. What it cannot tell is nil or left out, never zero.
public struct BoardConditions: Codable, Hashable, Sendable {
    /// A sensor's reading.
    public struct Temperature: Codable, Hashable, Sendable {
        /// The kernel's name of it: `cpu-thermal`, `k10temp Tctl`.
        public var sensor: String
        /// Thousandths of a degree Celsius.
        public var millidegreesCelsius: Int

        /// A reading of the sensor of this name.
        public init(sensor: String, millidegreesCelsius: Int) {
            (self.sensor, self.millidegreesCelsius) = (sensor, millidegreesCelsius)
        }
    }

    /// Why a clock is, or was, slower than it could be.
    public struct Throttling: Codable, Hashable, Sendable {
        /// Now: `under-voltage`, `frequency-capped`, `throttled`, `soft-temperature-limit`.
        public var now: [String]
        /// The same at any time since the board started.
        public var sinceBoot: [String]

        /// Reasons that hold now, and reasons that held at any time.
        public init(now: [String], sinceBoot: [String]) { (self.now, self.sinceBoot) = (now, sinceBoot) }
    }

    /// A GPU's readings; what the driver does not report is nil.
    public struct GPU: Codable, Hashable, Sendable {
        /// Name of the device: `cuda:0`.
        public var device: String
        /// Clock of the multiprocessors now.
        public var graphicsClockMhz: Int?
        /// The fastest that clock can be.
        public var maximumGraphicsClockMhz: Int?
        /// Clock of the memory now.
        public var memoryClockMhz: Int?
        /// The GPU's own sensor, in degrees.
        public var celsius: Int?
        /// Power drawn now.
        public var powerMilliwatts: Int?
        /// The limit that the driver enforces.
        public var powerLimitMilliwatts: Int?
        /// Memory that nothing has taken.
        public var freeMemoryBytes: Int?
        /// NVML's reasons for a slower clock, by its names: `sw-power-cap`, `hw-thermal-slowdown` …
        public var throttleReasons: [String]?
        /// Nanoseconds since the driver was loaded for which the power limit held the clock down.
        public var powerViolationNs: Int?
        /// The same for the temperature limit.
        public var thermalViolationNs: Int?

        /// The GPU called `device`, with the readings that `change` sets.
        public init(device: String, _ change: (inout GPU) -> Void = { _ in }) {
            self.device = device
            change(&self)
        }
    }

    /// What a new process may still take: free memory and caches, within the limits of control groups.
    public var availableMemoryBytes: Int?
    /// Time for which cores have been busy since the board was started, all together.
    public var busyMs: Int?
    /// Current clock of each of the board's clock domains, in their order.
    public var clocksKhz: [Int?] = []
    /// Every sensor that could be read.
    public var temperatures: [Temperature] = []
    /// What a Raspberry Pi's firmware says; nil on other boards.
    public var throttling: Throttling?
    /// Thermal throttling events that x86 cores have counted since the board started; nil where none are counted.
    public var throttleEvents: Int?
    /// Every GPU that jobs can run on.
    public var gpus: [GPU] = []

    /// A board of which nothing is known, with what `change` sets.
    public init(_ change: (inout BoardConditions) -> Void = { _ in }) { change(&self) }
}
