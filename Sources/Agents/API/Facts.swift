/// Who and what a board is: the answer to `GET /v1/info`. What a board cannot tell is nil, never zero.
public struct AgentInfo: Codable, Hashable, Sendable {
    /// The daemon.
    public struct Agent: Codable, Hashable, Sendable {
        /// The project's version, as `HarnessVersion.current` has it.
        public var version = HarnessVersion.current
        /// Version of the HTTP API: `v1`.
        public var api = HarnessVersion.api
        /// Chosen at random when the data folder was made: the same board after a restart.
        public var instance: String
        /// RFC 3339, UTC, by the board's clock, which nobody depends on.
        public var startedAt: String

        /// An agent of this version.
        public init(instance: String, startedAt: String) { (self.instance, self.startedAt) = (instance, startedAt) }
    }

    /// Something a job can run on, one job at a time.
    public struct Device: Codable, Hashable, Sendable {
        /// `cpu:0`, `cuda:0`.
        public var name: String
        /// `cpu` or `cuda`.
        public var kind: String
        /// The product's name, for people.
        public var description: String
        /// Of a GPU, as NVIDIA writes it: `8.7`.
        public var computeCapability: String?
        /// Memory of its own.
        public var memoryBytes: Int?
        /// Version of the GPU's driver: `580.65.06`.
        public var driver: String?
        /// The newest CUDA that the driver can run: `13.0`.
        public var cudaVersion: String?

        /// A device without facts of a GPU.
        public init(name: String, kind: String, description: String) {
            (self.name, self.kind, self.description) = (name, kind, description)
        }
    }

    /// The TVM runtime the runner would load.
    public struct Runtime: Codable, Hashable, Sendable {
        /// Version of `apache-tvm`.
        public var version: String
        /// Version of `apache-tvm-ffi`.
        public var ffiVersion: String
        /// Version of NVIDIA's runtime beside it, such as `13.0.96`; nil in a folder for CPUs.
        public var cudaVersion: String?
    }

    /// The daemon that answers.
    public var agent: Agent
    /// What does not change while the agent runs.
    public var board: Board
    /// What changes by the minute; nil in a record of the board.
    public var conditions: BoardConditions?
    /// True if the agent runs under an instruction-set emulator: its times mean nothing.
    public var emulated = false
    /// What jobs can run on, the CPU first.
    public var devices: [Device] = []
    /// Nil where none was found; `runtimeProblem` then says why and what to do.
    public var tvm: Runtime?
    /// Why there is no TVM runtime, and the remedy; nil if there is one.
    public var runtimeProblem: String?
    /// Names of the runners jobs may ask for.
    public var runners: [String] = []
    /// Jobs whose runner is alive: 0 or 1.
    public var runningJobs = 0
    /// Jobs that wait.
    public var queuedJobs = 0

    /// An idle agent without devices and runners, with what `change` sets.
    public init(agent: Agent, board: Board, _ change: (inout AgentInfo) -> Void = { _ in }) {
        (self.agent, self.board) = (agent, board)
        change(&self)
    }
}
