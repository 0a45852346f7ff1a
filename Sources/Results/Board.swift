/// The machine: what stays the same while it runs.
public struct Board: Codable, Hashable, Sendable {
    /// A cache as a core sees it.
    public struct Cache: Codable, Hashable, Sendable {
        /// From 1, the closest to the core.
        public var level: Int
        /// `Data`, `Instruction` or `Unified`.
        public var kind: String
        /// Size of one of them.
        public var sizeBytes: Int
        /// How many of it the board has.
        public var count: Int

        /// A cache that the board has `count` times.
        public init(level: Int, kind: String, sizeBytes: Int, count: Int) {
            (self.level, self.kind, self.sizeBytes, self.count) = (level, kind, sizeBytes, count)
        }
    }

    /// Cores that share a clock, and what decides it.
    public struct ClockDomain: Codable, Hashable, Sendable {
        /// Core numbers in the kernel's list format: `0-3`.
        public var cores: String
        /// Frequency governor: `performance`, `ondemand` …
        public var governor: String?
        /// The kernel's driver of the clock.
        public var driver: String?
        /// Lowest clock that the governor may choose.
        public var minimumKhz: Int?
        /// Highest clock that the governor may choose.
        public var maximumKhz: Int?

        /// Cores of which the rest is unknown unless given.
        public init(
            cores: String, governor: String? = nil, driver: String? = nil, minimumKhz: Int? = nil,
            maximumKhz: Int? = nil
        ) {
            (self.cores, self.governor, self.driver) = (cores, governor, driver)
            (self.minimumKhz, self.maximumKhz) = (minimumKhz, maximumKhz)
        }
    }

    /// What control groups leave the agent and its runners; nil is no limit.
    public struct Limits: Codable, Hashable, Sendable {
        /// Memory that may be used.
        public var memoryBytes: Int?
        /// CPU time a second of time, in cores.
        public var cpuCores: Double?
        /// Cores that may be used, in the kernel's list format.
        public var cores: String?
        /// How many processes and threads there may be.
        public var processes: Int?

        /// No limits, unless given.
        public init(memoryBytes: Int? = nil, cpuCores: Double? = nil, cores: String? = nil, processes: Int? = nil) {
            (self.memoryBytes, self.cpuCores, self.cores, self.processes) = (memoryBytes, cpuCores, cores, processes)
        }
    }

    /// The board as its maker calls it: `Raspberry Pi 3 Model B Rev 1.2`.
    public var model: String?
    /// Its processor, or the kinds of its cores: `Cortex-A53`.
    public var cpuModel: String?
    /// As `uname -m`: `x86_64`, `aarch64`.
    public var architecture: String
    /// Instruction-set extensions as the kernel names them: `avx2`, `asimd`.
    public var cpuFeatures: [String]
    /// Cores online.
    public var cores: Int
    /// Empty in what the database has in columns.
    public var caches: [Cache] = []
    /// Empty in what the database has in columns.
    public var clockDomains: [ClockDomain] = []
    /// All memory that the kernel manages.
    public var memoryBytes: Int?
    /// Zero without swap.
    public var swapBytes: Int?
    /// Nil in what the database has in columns.
    public var pageSizeBytes: Int?
    /// Name and version of the distribution.
    public var osName: String?
    /// Release, as `uname -r`.
    public var kernel: String
    /// Version of the C library.
    public var glibc: String?
    /// `kvm`, `vmware` …; nil on bare metal or if unknown.
    public var hypervisor: String?
    /// `docker`, `podman` …; nil outside of containers.
    public var container: String?
    /// Nil where control groups cannot be read.
    public var limits: Limits?

    /// The frequency governor of core 0.
    public var governor: String? { clockDomains.first?.governor }

    /// Board and processor, for people.
    public var title: String {
        switch (model, cpuModel) {
        case (let model?, let cpu?): "\(model), \(cpu)"
        case (let model?, nil): model
        case (nil, let cpu?): cpu
        case (nil, nil): architecture
        }
    }

    /// A notice about a request for more threads than there are cores; nil if there are enough.
    public func tooFew(coresFor threads: Int?) -> String? {
        guard let threads, threads > cores else { return nil }
        return "\(threads) threads are asked for; it has \(cores) cores, and runs on as many"
    }

    /// A board of which nothing else is known yet.
    public init(architecture: String, cpuFeatures: [String], cores: Int, kernel: String) {
        (self.architecture, self.cpuFeatures, self.cores, self.kernel) = (architecture, cpuFeatures, cores, kernel)
    }
}
