extension AgentInfo {
    /// The machine: what stays the same while it runs.
    public struct Board: Codable, Hashable, Sendable {
        /// A cache as a core sees it.
        public struct Cache: Codable, Hashable, Sendable {
            public var level: Int
            /// `Data`, `Instruction` or `Unified`.
            public var kind: String
            public var sizeBytes: Int
            /// How many of it the board has.
            public var count: Int

            public init(level: Int, kind: String, sizeBytes: Int, count: Int) {
                self.level = level
                self.kind = kind
                self.sizeBytes = sizeBytes
                self.count = count
            }
        }

        /// Cores that share a clock, and what decides it.
        public struct ClockDomain: Codable, Hashable, Sendable {
            /// Core numbers in the kernel's list format: `0-3`.
            public var cores: String
            public var governor: String?
            public var driver: String?
            public var minimumKhz: Int?
            public var maximumKhz: Int?

            public init(
                cores: String, governor: String? = nil, driver: String? = nil, minimumKhz: Int? = nil,
                maximumKhz: Int? = nil
            ) {
                self.cores = cores
                self.governor = governor
                self.driver = driver
                self.minimumKhz = minimumKhz
                self.maximumKhz = maximumKhz
            }
        }

        /// What control groups leave the agent and its runners; nil is no limit.
        public struct Limits: Codable, Hashable, Sendable {
            public var memoryBytes: Int?
            /// CPU time a second of time, in cores.
            public var cpuCores: Double?
            /// Cores that may be used, in the kernel's list format.
            public var cores: String?
            public var processes: Int?

            public init(
                memoryBytes: Int? = nil, cpuCores: Double? = nil, cores: String? = nil, processes: Int? = nil
            ) {
                self.memoryBytes = memoryBytes
                self.cpuCores = cpuCores
                self.cores = cores
                self.processes = processes
            }
        }

        /// The board as its maker calls it: `Raspberry Pi 3 Model B Rev 1.2`.
        public var model: String?
        /// Its processor, or the kinds of its cores: `Cortex-A53`.
        public var cpuModel: String?
        /// As `uname -m`: `x86_64`, `aarch64`.
        public var architecture: String
        /// Instruction-set extensions in the kernel's words: `avx2`, `asimd`.
        public var cpuFeatures: [String]
        public var cores: Int
        public var caches: [Cache]
        public var clockDomains: [ClockDomain]
        public var memoryBytes: Int?
        public var swapBytes: Int?
        public var pageSizeBytes: Int
        public var osName: String?
        public var kernel: String
        public var glibc: String?
        /// `kvm`, `vmware` …; nil on bare metal or where it cannot be told.
        public var hypervisor: String?
        public var container: String?
        public var limits: Limits?

        /// The frequency governor of core 0.
        public var governor: String? { clockDomains.first?.governor }

        /// Board and processor in a few words, for people.
        public var title: String {
            switch (model, cpuModel) {
            case (let model?, let cpu?): "\(model), \(cpu)"
            case (let model?, nil): model
            case (nil, let cpu?): cpu
            case (nil, nil): architecture
            }
        }

        /// What to tell of a wish for more threads than there are cores; nil if there are enough.
        public func tooFew(coresFor threads: Int?) -> String? {
            guard let threads, threads > cores else { return nil }
            return "\(threads) threads are asked for; it has \(cores) cores, and runs on as many"
        }

        public init(
            model: String? = nil, cpuModel: String? = nil, architecture: String, cpuFeatures: [String], cores: Int,
            caches: [Cache] = [], clockDomains: [ClockDomain] = [], memoryBytes: Int? = nil, swapBytes: Int? = nil,
            pageSizeBytes: Int, osName: String? = nil, kernel: String, glibc: String? = nil, hypervisor: String? = nil,
            container: String? = nil, limits: Limits? = nil
        ) {
            self.model = model
            self.cpuModel = cpuModel
            self.architecture = architecture
            self.cpuFeatures = cpuFeatures
            self.cores = cores
            self.caches = caches
            self.clockDomains = clockDomains
            self.memoryBytes = memoryBytes
            self.swapBytes = swapBytes
            self.pageSizeBytes = pageSizeBytes
            self.osName = osName
            self.kernel = kernel
            self.glibc = glibc
            self.hypervisor = hypervisor
            self.container = container
            self.limits = limits
        }
    }
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
