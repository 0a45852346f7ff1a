import JSON
import AgentAPI
import FoundationEssentials
import Glibc

/// Chooses what answers a request; docs/protocol.md and /openapi.json describe every route.
struct Router: Sendable {
    let token: String?
    let info: AgentInfo
    let blobs: BlobStore
    let queue: JobQueue
    /// Reads the board's state when somebody asks; it runs in the thread that answers.
    let conditions: @Sendable () -> BoardConditions

    /// Bodies other than blobs are small documents.
    private static let largestDocument = 8 << 20

    /// Who takes the body of a request and answers it.
    func receiver(for request: HTTPRequest) -> any BodyReceiver {
        let parts = request.path.split(separator: "/").map(String.init)
        if parts != ["healthz"], let refusal = refusal(request) { return Answer(refusal) }
        switch (parts.first, parts.count) {
        case ("healthz", 1): return get(request) { .alive }
        case ("metrics", 1): return get(request) { metrics() }
        case ("openapi.json", 1):
            return get(request) {
                HTTPResponse(
                    status: 200, headers: [("Content-Type", "application/json")],
                    body: .bytes(PackageResources.openapi_json))
            }
        case ("v1", 2...): return version1(request, Array(parts.dropFirst()))
        default: return Answer(Self.notFound(request))
        }
    }

    private func version1(_ request: HTTPRequest, _ parts: [String]) -> any BodyReceiver {
        switch (parts[0], parts.count) {
        case ("info", 1): return get(request) { .json(currentInfo()) }
        case ("blobs", 2) where parts[1] == "query":
            return document(request, BlobQuery.self) { query in
                let missing = blobs.missing(query.sha256).map {
                    BlobQueryAnswer.Missing(sha256: $0, heldBytes: blobs.heldBytes($0))
                }
                return .json(BlobQueryAnswer(missing: missing))
            }
        case ("blobs", 2): return blob(request, parts[1])
        case ("jobs", 1) where request.method == "GET": return Answer(.json(queue.all))
        case ("jobs", 1): return document(request, JobRequest.self) { submit($0) }
        case ("jobs", 2),
            ("jobs", 3) where parts.last == "events":
            guard let job = queue.job(parts[1]) else {
                return Answer(
                    .problem(
                        404, "Not Found", Failure(.notFound, "there is no job “\(parts[1])”: it was never posted here.")
                    ))
            }
            return parts.count == 2 ? one(request, job) : events(request, job)
        default: return Answer(Self.notFound(request))
        }
    }

    // MARK: Access

    private func refusal(_ request: HTTPRequest) -> HTTPResponse? {
        guard let token else { return browserRefusal(request) }
        let given = request.header("Authorization") ?? ""
        if Self.equalInConstantTime(Array(given.utf8), Array("Bearer \(token)".utf8)) { return nil }
        return .problem(
            401, "Unauthorized",
            Failure(
                .unauthorised, "the agent wants its token: name the file that holds it as token_file in targets.json."),
            headers: [("WWW-Authenticate", "Bearer")])
    }

    /// Without a token only programs of this machine may ask, and a web page in its browser is none: it could be served under
    /// a name that then comes to mean 127.0.0.1 (DNS rebinding), and post a job with code of its own.
    private func browserRefusal(_ request: HTTPRequest) -> HTTPResponse? {
        let host = request.header("Host") ?? ""
        // Without the port; an IPv6 address has brackets.
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" }
        // Names may begin with 127., too.
        let isAddress = name.hasPrefix("127.") && name.utf8.allSatisfy { (46...57).contains($0) }
        let isOwn = name.isEmpty || name == "localhost" || name == "[::1]" || isAddress
        guard !isOwn || request.header("Origin") != nil else { return nil }
        return .problem(
            403, "Forbidden",
            Failure(
                .unauthorised,
                "without a token the agent answers only programs that call it by its loopback address, and no web page: use 127.0.0.1, or give the agent --token-file."
            ))
    }

    /// Takes as long for a wrong token as for the right one of the same length.
    static func equalInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    // MARK: Documents

    private func currentInfo() -> AgentInfo {
        var info = info
        (info.runningJobs, info.queuedJobs) = queue.counts
        info.conditions = conditions()
        return info
    }

    private func metrics() -> HTTPResponse {
        let (running, queued) = queue.counts
        let ended = Dictionary(grouping: queue.all.compactMap(\.state.outcome)) { $0 }
        var lines = [
            "# HELP harness_jobs_running Jobs whose runner is alive.", "# TYPE harness_jobs_running gauge",
            "harness_jobs_running \(running)", "# HELP harness_jobs_queued Jobs that wait.",
            "# TYPE harness_jobs_queued gauge", "harness_jobs_queued \(queued)",
            "# HELP harness_jobs_ended Jobs kept here by how they ended.", "# TYPE harness_jobs_ended gauge",
        ]
        for outcome in Outcome.allCases {
            lines.append("harness_jobs_ended{state=\"\(outcome.rawValue)\"} \(ended[outcome]?.count ?? 0)")
        }
        let text = lines.joined(separator: "\n") + "\n"
        return HTTPResponse(
            status: 200, headers: [("Content-Type", "text/plain; version=0.0.4")], body: .bytes(Array(text.utf8)))
    }

    // MARK: Blobs

    private func blob(_ request: HTTPRequest, _ name: String) -> any BodyReceiver {
        guard let digest = SHA256Digest(hex: name) else {
            let failure = Failure(.invalidRequest, "“\(name)” is no SHA-256: write 64 lowercase hexadecimal digits.")
            return Answer(.problem(400, "Bad Request", failure))
        }
        switch request.method {
        case "HEAD", "GET":
            guard let size = blobs.size(digest) else {
                let held = blobs.heldBytes(digest)
                let failure = Failure(
                    .notFound, "there is no blob \(digest.short); \(held) bytes of an upload are held.")
                return Answer(
                    .problem(404, "Not Found", failure, heldBytes: held, headers: [("Upload-Offset", "\(held)")]))
            }
            let descriptor = open(blobs.path(digest), O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return Answer(Self.response(diskFailure(blobs.path(digest)))) }
            let headers = [("Content-Type", "application/octet-stream"), ("ETag", "\"\(digest.hex)\"")]
            return Answer(HTTPResponse(status: 200, headers: headers, body: .file(descriptor, size: size)))
        case "PUT":
            let offset = request.header("Upload-Offset").flatMap { Int($0) } ?? 0
            let length = request.header("Content-Length").flatMap { Int($0) }
            do throws(Failure) {
                guard let upload = try blobs.upload(digest, offset: offset, length: length) else {
                    return Answer(HTTPResponse(status: 204))
                }
                return BlobReceiver(upload: upload)
            } catch {
                return Answer(Self.response(error, heldBytes: blobs.heldBytes(digest)))
            }
        default: return Answer(Self.wrongMethod(request, "GET, HEAD, PUT"))
        }
    }

    // MARK: Jobs

    private func submit(_ request: JobRequest) -> HTTPResponse {
        var missing: [SHA256Digest] = []
        do throws(Failure) {
            if let known = queue.job(request.id), known.request == request { return .json(queue.status(known)) }
            try Admission(blobs: blobs, info: currentInfo()).check(request, missing: &missing)
            let (job, isNew) = try queue.submit(request)
            var response = HTTPResponse.json(queue.status(job), status: isNew ? 201 : 200)
            response.headers.append(("Location", "/v1/jobs/\(job.id)"))
            return response
        } catch {
            return Self.response(error, missing: missing.isEmpty ? nil : missing)
        }
    }

    private func one(_ request: HTTPRequest, _ job: Job) -> any BodyReceiver {
        switch request.method {
        case "GET", "HEAD": return Answer(.json(queue.status(job)))
        case "DELETE":
            do throws(Failure) {
                try queue.cancel(job)
                return Answer(.json(queue.status(job), status: 202))
            } catch {
                return Answer(Self.response(error))
            }
        default: return Answer(Self.wrongMethod(request, "GET, HEAD, DELETE"))
        }
    }

    private func events(_ request: HTTPRequest, _ job: Job) -> any BodyReceiver {
        get(request) {
            guard let after = Int(request.query("after") ?? "0"), after >= 0 else {
                return .problem(
                    400, "Bad Request", Failure(.invalidRequest, "“after” is the number of an event: 0 or more."))
            }
            return HTTPResponse(
                status: 200, headers: [("Content-Type", "application/x-ndjson")],
                body: .stream(next: job.log.stream(after: after)))
        }
    }

    // MARK: Helpers

    private func get(_ request: HTTPRequest, _ answer: () -> HTTPResponse) -> any BodyReceiver {
        ["GET", "HEAD"].contains(request.method) ? Answer(answer()) : Answer(Self.wrongMethod(request, "GET, HEAD"))
    }

    private func document<Value: Decodable>(
        _ request: HTTPRequest, _ type: Value.Type, _ answer: @escaping (Value) -> HTTPResponse
    ) -> any BodyReceiver {
        guard request.method == "POST" else { return Answer(Self.wrongMethod(request, "POST")) }
        return DocumentReceiver(limit: Self.largestDocument) { bytes in
            do {
                return answer(try WireJSON.decode(type, from: bytes))
            } catch {
                return .problem(400, "Bad Request", Failure(.invalidRequest, "the body is not valid: \(error)"))
            }
        }
    }

    private static func notFound(_ request: HTTPRequest) -> HTTPResponse {
        .problem(
            404, "Not Found",
            Failure(.notFound, "there is nothing at \(request.path): GET /openapi.json lists what there is."))
    }

    private static func wrongMethod(_ request: HTTPRequest, _ allowed: String) -> HTTPResponse {
        .problem(
            405, "Method Not Allowed", Failure(.methodNotAllowed, "\(request.path) takes \(allowed)."),
            headers: [("Allow", allowed)])
    }

    /// The status that a failure is answered with.
    private static func response(
        _ failure: Failure, missing: [SHA256Digest]? = nil, heldBytes: Int? = nil
    ) -> HTTPResponse {
        let (status, title): (UInt32, String) =
            switch failure.code {
            case .blobsMissing, .jobConflict: (409, "Conflict")
            case .offsetMismatch: (409, "Conflict")
            case .diskFull: (507, "Insufficient Storage")
            case .shuttingDown: (503, "Service Unavailable")
            case .internalError: (500, "Internal Server Error")
            case .invalidRequest: (400, "Bad Request")
            default: (422, "Unprocessable Content")
            }
        let held = failure.code == .offsetMismatch ? heldBytes : nil
        return .problem(status, title, failure, missing: missing, heldBytes: held)
    }
}

/// An answer that does not depend on the body.
private final class Answer: BodyReceiver {
    private let response: HTTPResponse
    init(_ response: HTTPResponse) { self.response = response }
    func receive(_ bytes: UnsafeRawBufferPointer) {}
    func finish() -> HTTPResponse { response }
    func abort() {
        if case .file(let descriptor, _) = response.body { close(descriptor) }
    }
}

/// Gathers a small document.
private final class DocumentReceiver: BodyReceiver {
    private let limit: Int
    private let answer: ([UInt8]) -> HTTPResponse
    private var bytes: [UInt8] = []
    private var isTooLarge = false

    init(limit: Int, answer: @escaping ([UInt8]) -> HTTPResponse) {
        self.limit = limit
        self.answer = answer
    }

    func receive(_ more: UnsafeRawBufferPointer) {
        if bytes.count + more.count > limit { isTooLarge = true } else { bytes += more }
    }

    func finish() -> HTTPResponse {
        guard !isTooLarge else {
            return .problem(
                413, "Content Too Large", Failure(.bodyTooLarge, "the document is larger than \(limit >> 20) MiB."))
        }
        return answer(bytes)
    }

    func abort() {}
}

/// Writes a blob as it comes.
private final class BlobReceiver: BodyReceiver {
    private let upload: BlobStore.Upload
    init(upload: BlobStore.Upload) { self.upload = upload }
    func receive(_ bytes: UnsafeRawBufferPointer) { upload.append(bytes) }
    func abort() { upload.abandon() }
    func finish() -> HTTPResponse {
        do throws(Failure) {
            try upload.finish()
            return HTTPResponse(status: 201)
        } catch {
            switch error.code {
            case .diskFull: return .problem(507, "Insufficient Storage", error)
            case .hashMismatch: return .problem(422, "Unprocessable Content", error)
            default: return .problem(500, "Internal Server Error", error)
            }
        }
    }
}
