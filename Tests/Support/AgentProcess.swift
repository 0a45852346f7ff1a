import JSON
import AgentAPI
import Glibc
import POSIX

/// The real harness-agent on loopback, in a folder of its own, spoken to with curl.
public final class AgentProcess: Sendable {
    /// Its URL, without a slash at the end.
    public let address: String
    /// Its process.
    public let child: ChildProcess
    /// Where `agent` is its data folder.
    public let folder: TemporaryFolder
    private let curlOptions: [String]

    /// Starts an agent with further `options`; files of an earlier one are used if its `folder` is given.
    ///
    /// `programs` and `tvm` are the folders of other builds than the tests' own.
    public init(
        _ options: [String] = [], folder: TemporaryFolder? = nil, curlOptions: [String] = [],
        environment: [String: String] = [:], programs: String? = nil, tvm: String? = nil
    ) throws {
        let folder = try folder ?? TemporaryFolder()
        self.folder = folder
        self.curlOptions = curlOptions
        let listen = options.contains("--listen") ? [] : ["--listen", "127.0.0.1:0"]
        child = try ChildProcess(
            [
                programs.map { "\($0)/harness-agent" } ?? Fixtures.program("harness-agent"), "--data",
                "\(folder.path)/agent", "--tvm", tvm ?? Fixtures.tvmFolder(),
            ]
                + listen
                + options, environment: environment)
        try child.waitForOutput { $0.hasSuffix("\n") }
        struct Ready: Decodable { var listening: String }
        guard let ready = try? WireJSON.decode(Ready.self, from: child.output.utf8) else {
            throw ChildProcess.Problem(message: "the agent printed: \(child.output) \(child.error)")
        }
        address = ready.listening
    }

    deinit {
        child.kill(SIGKILL)
        _ = child.wait()
    }

    /// What curl got.
    public struct Reply: Sendable {
        /// HTTP status.
        public var status: Int
        /// Status line and headers as they were sent.
        public var headers: String
        /// The body's bytes.
        public var body: [UInt8]
        /// The body as text.
        public var text: String { String(decoding: body, as: UTF8.self) }

        /// The body as a JSON document.
        public func decoded<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
            try WireJSON.decode(type, from: body)
        }
    }

    /// Asks the agent; `path` begins with a slash.
    public func ask(_ method: String, _ path: String, body: [UInt8]? = nil, headers: [String] = []) throws -> Reply {
        let files = try TemporaryFolder()
        var arguments = [
            "curl", "--silent", "--show-error", "--max-time", "600", "--dump-header", "\(files.path)/headers",
        ]
        arguments += ["--output", "\(files.path)/body"] + curlOptions + headers.flatMap { ["--header", $0] }
        arguments += method == "HEAD" ? ["--head"] : ["--request", method]
        if let body { arguments += ["--data-binary", "@\(try files.write("request", body))"] }
        let ending = try ChildProcess.run(arguments + [address + path])
        guard ending.status == 0 else { throw ChildProcess.Problem(message: "curl: \(ending.error)") }
        let headers = String(decoding: try contents("\(files.path)/headers"), as: UTF8.self)
        let status = headers.split(separator: "\r\n").last { $0.hasPrefix("HTTP/") }?.split(separator: " ")[1]
        return Reply(
            status: status.flatMap { Int($0) } ?? 0, headers: headers,
            body: (try? contents("\(files.path)/body")) ?? [])
    }

    /// Sends a blob whole.
    @discardableResult
    public func put(_ bytes: [UInt8]) throws -> SHA256Digest {
        let digest = SHA256Digest(of: bytes)
        let reply = try ask("PUT", "/v1/blobs/\(digest.hex)", body: bytes)
        guard [201, 204].contains(reply.status) else { throw ChildProcess.Problem(message: reply.text) }
        return digest
    }

    /// Sends a job.
    public func post(_ request: JobRequest) throws -> Reply {
        try ask("POST", "/v1/jobs", body: WireJSON.encode(request))
    }

    /// All events of a job; returns when it has ended.
    public func events(_ id: String, after: Int = 0) throws -> [JobEvent] {
        try ask("GET", "/v1/jobs/\(id)/events?after=\(after)").text.split(separator: "\n").map {
            try WireJSON.decode(JobEvent.self, from: $0.utf8)
        }
    }

    /// Waits for a job's end.
    public func end(_ id: String) throws -> (state: Outcome, failure: Failure?) {
        guard case .ended(let state, let failure, _) = try events(id).last?.content else {
            throw ChildProcess.Problem(message: "job \(id) has no end")
        }
        return (state, failure)
    }

    /// Waits until a job's runner was started.
    public func waitUntilStarted(_ id: String) throws {
        let stream = try ChildProcess(
            ["curl", "--silent", "--no-buffer"] + curlOptions + ["\(address)/v1/jobs/\(id)/events"])
        defer {
            stream.kill(SIGKILL)
            _ = stream.wait()
        }
        try stream.waitForOutput { $0.contains("\"event\":\"started\"") }
    }

    /// Kills it as a power cut would, and starts another on the same files.
    public func restart(_ options: [String] = [], signal: Int32 = SIGKILL) throws -> AgentProcess {
        child.kill(signal)
        _ = child.wait()
        return try AgentProcess(options, folder: folder)
    }
}

extension AgentProcess {
    /// Sends the fixtures' data set; its digest.
    public func putDataset() throws -> SHA256Digest {
        let folder = "\(try Fixtures.folder())/dataset"
        for file in try Fixtures.dataset().files { try put(contents("\(folder)/\(file.path)")) }
        return try put(contents("\(folder)/dataset.json"))
    }
}

extension JobRequest {
    /// A job for `module`, sent as the only blob, without a data set.
    public static func plain(_ id: String, module: [UInt8], runner: String = "tvm") throws -> JobRequest {
        var bundle = try Fixtures.bundle("bundle-null")
        bundle.module.sha256 = SHA256Digest(of: module)
        bundle.module.sizeBytes = module.count
        return JobRequest(
            id: id, bundle: bundle, datasetSha256: nil, runner: runner,
            settings: RunSettings {
                $0.minDurationNs = 0; $0.minQueries = 3; $0.warmUpMaxCalls = 2; $0.timeLimitNs = 900_000_000_000
            })
    }
}

/// The bytes of a file.
public func contents(_ path: String) throws -> [UInt8] { try File.read(path) }
