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
    public var caches: [Cache] = []
    public var clockDomains: [ClockDomain] = []
    public var memoryBytes: Int?
    public var swapBytes: Int?
    /// Nil in what the database has in columns.
    public var pageSizeBytes: Int?
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

    /// A board of which nothing else is known yet.
    public init(architecture: String, cpuFeatures: [String], cores: Int, kernel: String) {
        self.architecture = architecture
        self.cpuFeatures = cpuFeatures
        self.cores = cores
        self.kernel = kernel
    }
}
