import POSIX
import JSON
import AgentAPI
import FoundationEssentials
import Glibc

/// The agent: a board's HTTP server, its blobs and its job queue.
public final class AgentServer {
    private let http: HTTPServer
    private let queue: JobQueue
    private let lock: FileDescriptor
    /// Where clients reach it, such as `http://127.0.0.1:7411`.
    public let address: String

    /// Starts an agent; throws `Failure` with the reason if it cannot start.
    public init(_ configuration: AgentConfiguration) throws(Failure) {
        try configuration.check()
        signal(SIGPIPE, SIG_IGN)
        try asFailure { try Folder.make(configuration.dataFolder) }
        // Slices of patients are kept here: other users of the board must not read them.
        chmod(configuration.dataFolder, 0o700)
        lock = try Self.lock(configuration.dataFolder)
        let blobs = try BlobStore(root: configuration.dataFolder, keepFreeBytes: configuration.keepFreeBytes)
        let facts = BoardFacts(root: configuration.factsRoot)
        let nvml = NVML(path: configuration.nvmlLibrary)
        let info = try Self.info(configuration, facts, nvml)
        let execution = JobExecution(
            blobs: blobs, runners: configuration.runners.mapValues { RunnerCommand(executable: $0) },
            tvmFolder: configuration.tvmFolder, facts: facts)
        queue = try JobQueue(root: configuration.dataFolder + "/jobs") { job, wakeup, stop in
            execution.run(job, wakeup: wakeup, stop: stop)
        }
        let router = Router(access: AccessControl(token: configuration.token), info: info, blobs: blobs, queue: queue) {
            var conditions = facts.conditions()
            conditions.gpus = nvml?.conditions ?? []
            return conditions
        }
        http = try HTTPServer(
            host: configuration.host, port: configuration.port,
            tls: configuration.tls.map { .init(certificate: $0.certificate, key: $0.key) }
        ) { router.receiver(for: $0) }
        let host = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
        address = "\(configuration.tls == nil ? "http" : "https")://\(host):\(http.port)"
        queue.start()
    }

    /// Stops cleanly: the running job ends as `lost`, logs are flushed, connections end.
    public func stop() {
        queue.stop()
        http.stop()
    }

    /// One agent a data folder: two would run jobs beside each other.
    private static func lock(_ folder: String) throws(Failure) -> FileDescriptor {
        let file = try asFailure { try FileDescriptor(opening: folder + "/lock", O_RDWR | O_CREAT) }
        guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            throw Failure(
                .internalError, "another agent is using \(folder): stop it, or choose another folder with --data.")
        }
        return file
    }

    private static func info(
        _ configuration: AgentConfiguration, _ facts: BoardFacts, _ nvml: NVML?
    ) throws(Failure) -> AgentInfo {
        let board = facts.read()
        let (runtime, problem) = runtime(configuration.tvmFolder)
        let cpu = AgentInfo.Device(name: "cpu:0", kind: "cpu", description: board.cpuModel ?? board.architecture)
        let agent = AgentInfo.Agent(instance: try instance(configuration.dataFolder), startedAt: Timestamp.now())
        return AgentInfo(agent: agent, board: board) {
            $0.emulated = facts.isEmulated(environment: configuration.emulated)
            $0.devices = [cpu] + (nvml?.devices ?? [])
            ($0.tvm, $0.runtimeProblem) = (runtime, problem)
            $0.runners = configuration.runners.keys.sorted()
        }
    }

    private static func runtime(_ folder: String?) -> (AgentInfo.Runtime?, String?) {
        guard let folder else {
            return (nil, "no TVM runtime was found: make one with “python -m unet runtime” and name it with --tvm DIR.")
        }
        let remedy = "make it with “python -m unet runtime --out \(folder)”."
        guard let bytes = try? File.read(folder + "/runtime.json") else {
            return (nil, "\(folder)/runtime.json does not exist: \(remedy)")
        }
        do {
            return (try WireJSON.decode(AgentInfo.Runtime.self, from: bytes), nil)
        } catch {
            return (nil, "\(folder)/runtime.json cannot be read (\(error)): \(remedy)")
        }
    }

    /// The data folder's random name, by which a board is recognised after a restart.
    private static func instance(_ folder: String) throws(Failure) -> String {
        let path = folder + "/instance"
        if let bytes = try? File.read(path), bytes.count == 36 {
            return String(decoding: bytes, as: UTF8.self)
        }
        let name = UUID().uuidString.lowercased()
        try asFailure { try File.write(Array(name.utf8), to: path, durably: true) }
        return name
    }
}
