import JSON
import AgentAPI

/// The coordinator's view of one agent.
public struct AgentClient: Sendable {
    /// `http://HOST:PORT` or `https://HOST:PORT`.
    public let address: String
    private let token: String?
    private let caFile: String?

    /// A client of the agent at `address`; nothing is sent yet.
    public init(address: String, token: String? = nil, caFile: String? = nil) {
        self.address = address.hasSuffix("/") ? String(address.dropLast()) : address
        (self.token, self.caFile) = (token, caFile)
    }

    // MARK: Facts and blobs

    /// Who and what the board is; throws `Failure`.
    public func info() async throws -> AgentInfo {
        try await document(AgentInfo.self, call(.getInfo, timeoutMs: 10_000))
    }

    /// Which of `digests` the board lacks, with the bytes held of each.
    public func missing(_ digests: [SHA256Digest]) async throws -> [BlobQueryAnswer.Missing] {
        let body = try WireJSON.encode(BlobQuery(sha256: digests))
        return try await document(BlobQueryAnswer.self, call(.queryBlobs, body: .bytes(body))).missing
    }

    /// Sends a file as a blob, from where an interrupted upload stopped; returns the bytes sent.
    ///
    /// A connection that breaks is taken up again, a few times, where it broke.
    @discardableResult
    public func put(_ digest: SHA256Digest, file: String, size: Int, heldBytes: Int = 0) async throws -> Int {
        var offset = heldBytes
        var sent = 0
        var attempts = 0
        while true {
            let body = HTTPCall.Body.file(path: file, offset: offset, length: size - offset)
            var call = call(.putBlob, digest.hex, body: body, timeoutMs: nil)
            call.headers.append("Upload-Offset: \(offset)")
            do {
                let reply = try await HTTPEngine.shared.perform(call)
                if [200, 201, 204].contains(reply.status) { return sent + size - offset }
                let problem = problem(reply)
                guard problem.failure.code == .offsetMismatch, let held = problem.heldBytes, attempts < 5 else {
                    throw problem.failure
                }
                offset = held
            } catch let failure as Failure where failure.code == .connectionLost && attempts < 5 {
                guard let held = try await missing([digest]).first?.heldBytes else { return sent + size - offset }
                sent += max(0, held - offset)
                offset = held
            }
            attempts += 1
        }
    }

    /// A blob's bytes.
    public func blob(_ digest: SHA256Digest) async throws -> [UInt8] {
        let reply = try await successful(call(.getBlob, digest.hex))
        guard SHA256Digest(of: reply.body) == digest else {
            throw Failure(
                .hashMismatch, "the bytes from \(address) are not those of blob \(digest.short): is its disk failing?")
        }
        return reply.body
    }

    // MARK: Jobs

    /// Posts a job; posting the same again gives the same job's status.
    public func submit(_ request: JobRequest) async throws -> JobStatus {
        try await document(JobStatus.self, call(.postJob, body: .bytes(WireJSON.encode(request))))
    }

    /// A job's state.
    public func status(_ id: String) async throws -> JobStatus { try await document(JobStatus.self, call(.getJob, id)) }

    /// Asks for a job's end.
    @discardableResult
    public func cancel(_ id: String) async throws -> JobStatus {
        try await document(JobStatus.self, call(.cancelJob, id))
    }

    /// A job's events after number `after`, to its last, through broken connections.
    ///
    /// Ends with a `Failure` if the agent stays away for about `patience` attempts of a second each.
    public func events(_ id: String, after: Int = 0, patience: Int = 10) -> AsyncThrowingStream<JobEvent, any Error> {
        AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    try await follow(id, after: after, patience: patience) { continuation.yield($0) }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    private func follow(_ id: String, after: Int, patience: Int, _ yield: @escaping @Sendable (JobEvent) -> Void)
        async throws
    {
        let reader = EventReader(after: after, yield: yield)
        var failures = 0
        while !reader.isEnded {
            let before = reader.last
            do {
                var call = call(.getEvents, id, query: "?after=\(before)", timeoutMs: nil)
                call.onBytes = { reader.add($0) }
                let reply = try await HTTPEngine.shared.perform(call)
                guard reply.status == 200 else { throw problem(reply).failure }
            } catch let failure as Failure where [.connectionLost, .unreachable].contains(failure.code) {
                guard failures < patience else { throw failure }
            }
            if let failure = reader.failure { throw failure }
            reader.startOver()
            failures = reader.last > before ? 0 : failures + 1
            guard !reader.isEnded else { return }
            guard failures <= patience else {
                throw Failure(
                    .connectionLost,
                    "\(address) closed the events of job \(id) before the job ended: is the agent stopping?")
            }
            try await Task.sleep(for: .milliseconds(failures == 0 ? 50 : 1000))
        }
    }

    // MARK: Requests

    /// A call of a route; `argument` is the part of its path that varies.
    private func call(
        _ route: Route, _ argument: String = "", query: String = "", body: HTTPCall.Body = .none,
        timeoutMs: Int? = 30_000
    ) -> HTTPCall {
        var headers: [String] = []
        if let token { headers.append("Authorization: Bearer \(token)") }
        if case .bytes = body { headers.append("Content-Type: application/json") }
        return HTTPCall(
            method: route.method, url: address + route.path(argument) + query, headers: headers, body: body,
            caFile: caFile, timeoutMs: timeoutMs)
    }

    private func successful(_ call: HTTPCall) async throws -> HTTPReply {
        let reply = try await HTTPEngine.shared.perform(call)
        guard (200..<300).contains(reply.status) else { throw problem(reply).failure }
        return reply
    }

    private func document<Value: Decodable>(_ type: Value.Type, _ call: HTTPCall) async throws -> Value {
        let reply = try await successful(call)
        do {
            return try WireJSON.decode(type, from: reply.body)
        } catch {
            throw Failure(
                .protocolError,
                "\(call.url) sent an unexpected answer (\(error)): is it a harness-agent of this version?")
        }
    }

    private func problem(_ reply: HTTPReply) -> (failure: Failure, heldBytes: Int?) {
        guard let problem = try? WireJSON.decode(Problem.self, from: reply.body) else {
            return (
                Failure(.protocolError, "\(address) answered with status \(reply.status): is it a harness-agent?"), nil
            )
        }
        return (Failure(problem.code, problem.detail), problem.heldBytes)
    }
}
