/// Who and what a board is: the answer to `GET /v1/info`. What a board cannot tell is nil, never zero.
public struct AgentInfo: Codable, Hashable, Sendable {
    /// The daemon.
    public struct Agent: Codable, Hashable, Sendable {
        public var version: String
        /// Version of the HTTP API: `v1`.
        public var api: String
        /// Chosen at random when the data folder was made: the same board after a restart.
        public var instance: String
        /// RFC 3339, UTC, by the board's clock, which nobody depends on.
        public var startedAt: String

        public init(version: String, api: String, instance: String, startedAt: String) {
            self.version = version
            self.api = api
            self.instance = instance
            self.startedAt = startedAt
        }
    }

    /// The machine.
    public struct Board: Codable, Hashable, Sendable {
        public var cpuModel: String?
        /// As `uname -m`: `x86_64`, `aarch64`.
        public var architecture: String
        /// Instruction-set extensions in the kernel's words: `avx2`, `asimd`.
        public var cpuFeatures: [String]
        public var cores: Int
        public var memoryBytes: Int?
        public var pageSizeBytes: Int
        public var osName: String?
        public var kernel: String
        public var glibc: String?
        /// `kvm`, `vmware` …; nil on bare metal or where it cannot be told.
        public var hypervisor: String?
        public var container: String?
        public var governor: String?
        public var frequencyKhz: Int?

        public init(
            cpuModel: String? = nil, architecture: String, cpuFeatures: [String], cores: Int, memoryBytes: Int? = nil,
            pageSizeBytes: Int, osName: String? = nil, kernel: String, glibc: String? = nil, hypervisor: String? = nil,
            container: String? = nil, governor: String? = nil, frequencyKhz: Int? = nil
        ) {
            self.cpuModel = cpuModel
            self.architecture = architecture
            self.cpuFeatures = cpuFeatures
            self.cores = cores
            self.memoryBytes = memoryBytes
            self.pageSizeBytes = pageSizeBytes
            self.osName = osName
            self.kernel = kernel
            self.glibc = glibc
            self.hypervisor = hypervisor
            self.container = container
            self.governor = governor
            self.frequencyKhz = frequencyKhz
        }
    }

    /// Something a job can run on, one job at a time.
    public struct Device: Codable, Hashable, Sendable {
        /// `cpu:0`, `cuda:0`.
        public var name: String
        public var kind: String
        public var description: String

        public init(name: String, kind: String, description: String) {
            self.name = name
            self.kind = kind
            self.description = description
        }
    }

    /// The TVM runtime the runner would load.
    public struct Runtime: Codable, Hashable, Sendable {
        public var version: String
        public var ffiVersion: String

        public init(version: String, ffiVersion: String) {
            self.version = version
            self.ffiVersion = ffiVersion
        }
    }

    public var agent: Agent
    public var board: Board
    /// True if the agent runs under an instruction-set emulator: its times mean nothing.
    public var emulated: Bool
    public var devices: [Device]
    /// Nil where none was found; `runtimeProblem` then says why and what to do.
    public var tvm: Runtime?
    public var runtimeProblem: String?
    /// Names of the runners jobs may ask for.
    public var runners: [String]
    public var runningJobs: Int
    public var queuedJobs: Int

    public init(
        agent: Agent, board: Board, emulated: Bool, devices: [Device], tvm: Runtime? = nil,
        runtimeProblem: String? = nil, runners: [String], runningJobs: Int, queuedJobs: Int
    ) {
        self.agent = agent
        self.board = board
        self.emulated = emulated
        self.devices = devices
        self.tvm = tvm
        self.runtimeProblem = runtimeProblem
        self.runners = runners
        self.runningJobs = runningJobs
        self.queuedJobs = queuedJobs
    }
}
