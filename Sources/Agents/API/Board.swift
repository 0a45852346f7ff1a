import Results

extension AgentInfo {
    public typealias Board = Results.Board
}

/// What a board says of its state at one moment. What it cannot tell is nil or left out, never zero.
public struct BoardConditions: Codable, Hashable, Sendable {
    /// A sensor's reading.
    public struct Temperature: Codable, Hashable, Sendable {
        /// The kernel's name of it: `cpu-thermal`, `k10temp Tctl`.
        public var sensor: String
        public var millidegreesCelsius: Int

        public init(sensor: String, millidegreesCelsius: Int) {
            self.sensor = sensor
            self.millidegreesCelsius = millidegreesCelsius
        }
    }

    /// Why a clock is, or was, slower than it could be.
    public struct Throttling: Codable, Hashable, Sendable {
        /// Now: `under-voltage`, `frequency-capped`, `throttled`, `soft-temperature-limit`.
        public var now: [String]
        /// The same at any time since the board started.
        public var sinceBoot: [String]

        public init(now: [String], sinceBoot: [String]) {
            self.now = now
            self.sinceBoot = sinceBoot
        }
    }

    /// A GPU, by the name of its device.
    public struct GPU: Codable, Hashable, Sendable {
        public var device: String
        public var graphicsClockMhz: Int?
        public var maximumGraphicsClockMhz: Int?
        public var memoryClockMhz: Int?
        public var celsius: Int?
        public var powerMilliwatts: Int?
        public var powerLimitMilliwatts: Int?
        public var freeMemoryBytes: Int?
        /// NVML's reasons for a slower clock, in its words: `sw-power-cap`, `hw-thermal-slowdown` …
        public var throttleReasons: [String]?
        /// Nanoseconds since the driver was loaded for which the limit of power, or of temperature, held the clock down.
        public var powerViolationNs: Int?
        public var thermalViolationNs: Int?

        public init(
            device: String, graphicsClockMhz: Int? = nil, maximumGraphicsClockMhz: Int? = nil,
            memoryClockMhz: Int? = nil, celsius: Int? = nil, powerMilliwatts: Int? = nil,
            powerLimitMilliwatts: Int? = nil, freeMemoryBytes: Int? = nil, throttleReasons: [String]? = nil,
            powerViolationNs: Int? = nil, thermalViolationNs: Int? = nil
        ) {
            self.device = device
            self.graphicsClockMhz = graphicsClockMhz
            self.maximumGraphicsClockMhz = maximumGraphicsClockMhz
            self.memoryClockMhz = memoryClockMhz
            self.celsius = celsius
            self.powerMilliwatts = powerMilliwatts
            self.powerLimitMilliwatts = powerLimitMilliwatts
            self.freeMemoryBytes = freeMemoryBytes
            self.throttleReasons = throttleReasons
            self.powerViolationNs = powerViolationNs
            self.thermalViolationNs = thermalViolationNs
        }
    }

    /// What a new process may still take: free memory and caches, within the limits of control groups.
    public var availableMemoryBytes: Int?
    /// Time for which cores have been busy since the board was started, all together.
    public var busyMs: Int?
    /// Current clock of each of the board's clock domains, in their order.
    public var clocksKhz: [Int?]
    public var temperatures: [Temperature]
    /// What a Raspberry Pi's firmware says; nil on other boards.
    public var throttling: Throttling?
    /// Thermal throttling events that x86 cores have counted since the board started; nil where none are counted.
    public var throttleEvents: Int?
    public var gpus: [GPU]

    public init(
        availableMemoryBytes: Int? = nil, busyMs: Int? = nil, clocksKhz: [Int?] = [], temperatures: [Temperature] = [],
        throttling: Throttling? = nil, throttleEvents: Int? = nil, gpus: [GPU] = []
    ) {
        self.availableMemoryBytes = availableMemoryBytes
        self.busyMs = busyMs
        self.clocksKhz = clocksKhz
        self.temperatures = temperatures
        self.throttling = throttling
        self.throttleEvents = throttleEvents
        self.gpus = gpus
    }
}
