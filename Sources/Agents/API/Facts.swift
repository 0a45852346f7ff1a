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

    /// Something a job can run on, one job at a time.
    public struct Device: Codable, Hashable, Sendable {
        /// `cpu:0`, `cuda:0`.
        public var name: String
        /// `cpu` or `cuda`.
        public var kind: String
        public var description: String
        /// Of a GPU, as NVIDIA writes it: `8.7`.
        public var computeCapability: String?
        /// Memory of its own.
        public var memoryBytes: Int?
        /// Version of the GPU's driver, and the newest CUDA it can run: `580.65.06`, `13.0`.
        public var driver: String?
        public var cudaVersion: String?

        public init(
            name: String, kind: String, description: String, computeCapability: String? = nil, memoryBytes: Int? = nil,
            driver: String? = nil, cudaVersion: String? = nil
        ) {
            self.name = name
            self.kind = kind
            self.description = description
            self.computeCapability = computeCapability
            self.memoryBytes = memoryBytes
            self.driver = driver
            self.cudaVersion = cudaVersion
        }
    }

    /// The TVM runtime the runner would load.
    public struct Runtime: Codable, Hashable, Sendable {
        public var version: String
        public var ffiVersion: String
        /// Version of NVIDIA's runtime beside it, such as `13.0.96`; nil in a folder for CPUs.
        public var cudaVersion: String?

        public init(version: String, ffiVersion: String, cudaVersion: String? = nil) {
            self.version = version
            self.ffiVersion = ffiVersion
            self.cudaVersion = cudaVersion
        }
    }

    public var agent: Agent
    public var board: Board
    /// What changes by the minute; nil in a record of the board.
    public var conditions: BoardConditions?
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
        agent: Agent, board: Board, conditions: BoardConditions? = nil, emulated: Bool, devices: [Device],
        tvm: Runtime? = nil, runtimeProblem: String? = nil, runners: [String], runningJobs: Int, queuedJobs: Int
    ) {
        self.agent = agent
        self.board = board
        self.conditions = conditions
        self.emulated = emulated
        self.devices = devices
        self.tvm = tvm
        self.runtimeProblem = runtimeProblem
        self.runners = runners
        self.runningJobs = runningJobs
        self.queuedJobs = queuedJobs
    }
}
