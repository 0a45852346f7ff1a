import AgentAPI
import Glibc
import JSON
import POSIX

/// Answers each route of the table in `Route`; docs/protocol.md and /openapi.json describe them.
struct Router: Sendable {
    let access: AccessControl
    let info: AgentInfo
    let blobs: BlobStore
    let queue: JobQueue
    /// Reads the board's state when somebody asks; it runs in the thread that answers.
    let conditions: @Sendable () -> BoardConditions

    /// Bodies other than blobs are small documents.
    private static let largestDocument = 8 << 20

    /// What takes the body of a request and answers it.
    func receiver(for request: HTTPRequest) -> any BodyReceiver {
        let found = Route.at(request.path)
        if found?.routes.contains(where: \.needsToken) ?? true, let refusal = access.refusal(request) {
            return Answer(refusal)
        }
        guard let (routes, argument) = found else {
            let message = "there is nothing at \(request.path): GET /openapi.json lists what there is."
            return Answer(.problem(Failure(.notFound, message)))
        }
        guard
            let route = routes.first(where: { $0.method == request.method })
                ?? routes.first(where: { request.method == "HEAD" && $0.method == "GET" })
        else { return Answer(wrongMethod(request, routes)) }
        switch route {
        case .getHealth: return Answer(.alive)
        case .getMetrics: return Answer(metrics)
        case .getContract: return Answer(.jsonText(PackageResources.openapi_json))
        case .getInfo: return Answer(.json(currentInfo))
        case .queryBlobs: return document(BlobQuery.self, answer)
        case .getBlob, .headBlob: return withDigest(argument, send)
        case .putBlob: return withDigest(argument) { upload($0, request) }
        case .listJobs: return Answer(.json(queue.all))
        case .postJob: return document(JobRequest.self, submit)
        case .getJob: return withJob(argument) { .json(queue.status($0)) }
        case .cancelJob: return withJob(argument, cancel)
        case .getEvents: return withJob(argument) { events($0, after: request.query("after")) }
        }
    }

    private func wrongMethod(_ request: HTTPRequest, _ routes: [Route]) -> HTTPResponse {
        var methods = routes.map(\.method)
        if let get = methods.firstIndex(of: "GET"), !methods.contains("HEAD") { methods.insert("HEAD", at: get + 1) }
        let allowed = methods.joined(separator: ", ")
        var response = HTTPResponse.problem(Failure(.methodNotAllowed, "\(request.path) allows \(allowed)."))
        response.headers.append(("Allow", allowed))
        return response
    }

    private func document<Value: Decodable>(
        _ type: Value.Type, _ answer: @escaping (Value) -> HTTPResponse
    ) -> any BodyReceiver {
        DocumentReceiver(limit: Self.largestDocument) { bytes in
            do {
                return answer(try WireJSON.decode(type, from: bytes))
            } catch {
                return .problem(Failure(.invalidRequest, "the body is not valid: \(error)"))
            }
        }
    }

    // MARK: The agent

    private var currentInfo: AgentInfo {
        var info = info
        (info.runningJobs, info.queuedJobs) = queue.counts
        info.conditions = conditions()
        return info
    }

    private var metrics: HTTPResponse {
        let (running, queued) = queue.counts
        let ended = Dictionary(grouping: queue.all.compactMap(\.state.outcome)) { $0 }
        var lines = [
            "# HELP harness_jobs_running Jobs whose runner is alive.", "# TYPE harness_jobs_running gauge",
            "harness_jobs_running \(running)", "# HELP harness_jobs_queued Jobs waiting to run.",
            "# TYPE harness_jobs_queued gauge", "harness_jobs_queued \(queued)",
            "# HELP harness_jobs_ended Jobs kept here, by how they ended.", "# TYPE harness_jobs_ended gauge",
        ]
        for outcome in Outcome.allCases {
            lines.append("harness_jobs_ended{state=\"\(outcome.rawValue)\"} \(ended[outcome]?.count ?? 0)")
        }
        let text = lines.joined(separator: "\n") + "\n"
        return HTTPResponse(
            status: 200, headers: [("Content-Type", "text/plain; version=0.0.4")], body: .bytes(Array(text.utf8)))
    }

    // MARK: Blobs

    private func answer(_ query: BlobQuery) -> HTTPResponse {
        let missing = blobs.missing(query.sha256).map {
            BlobQueryAnswer.Missing(sha256: $0, heldBytes: blobs.heldBytes($0))
        }
        return .json(BlobQueryAnswer(missing: missing))
    }

    private func withDigest(_ name: String, _ body: (SHA256Digest) -> any BodyReceiver) -> any BodyReceiver {
        guard let digest = SHA256Digest(hex: name) else {
            let message = "“\(name)” is not a SHA-256: write 64 lowercase hexadecimal digits."
            return Answer(.problem(Failure(.invalidRequest, message)))
        }
        return body(digest)
    }

    private func send(_ digest: SHA256Digest) -> any BodyReceiver {
        guard let size = blobs.size(digest) else {
            let held = blobs.heldBytes(digest)
            let message = "there is no blob \(digest.short); \(held) bytes of an upload are held."
            var response = HTTPResponse.problem(Failure(.notFound, message), heldBytes: held)
            response.headers.append(("Upload-Offset", "\(held)"))
            return Answer(response)
        }
        do throws(Failure) {
            let file = try asFailure { try FileDescriptor(opening: blobs.path(digest), O_RDONLY).duplicate() }
            let headers = [("Content-Type", "application/octet-stream"), ("ETag", "\"\(digest.hex)\"")]
            return Answer(HTTPResponse(status: 200, headers: headers, body: .file(file, size: size)))
        } catch {
            return Answer(.problem(error))
        }
    }

    private func upload(_ digest: SHA256Digest, _ request: HTTPRequest) -> any BodyReceiver {
        let offset = request.header("Upload-Offset").flatMap { Int($0) } ?? 0
        let length = request.header("Content-Length").flatMap { Int($0) }
        do throws(Failure) {
            let upload = try blobs.upload(digest, offset: offset, length: length)
            return upload.map(BlobReceiver.init) ?? Answer(HTTPResponse(status: 204))
        } catch {
            return Answer(.problem(error, heldBytes: blobs.heldBytes(digest)))
        }
    }

    // MARK: Jobs

    private func withJob(_ id: String, _ body: (Job) -> HTTPResponse) -> any BodyReceiver {
        guard let job = queue.job(id) else {
            return Answer(.problem(Failure(.notFound, "there is no job “\(id)”: it was never posted here.")))
        }
        return Answer(body(job))
    }

    private func submit(_ request: JobRequest) -> HTTPResponse {
        var missing: [SHA256Digest] = []
        do throws(Failure) {
            if let known = queue.job(request.id), known.request == request { return .json(queue.status(known)) }
            try Admission(blobs: blobs, info: currentInfo).check(request, missing: &missing)
            let (job, isNew) = try queue.submit(request)
            var response = HTTPResponse.json(queue.status(job), status: isNew ? 201 : 200)
            response.headers.append(("Location", Route.getJob.path(job.id)))
            return response
        } catch {
            return .problem(error, missing: missing.isEmpty ? nil : missing)
        }
    }

    private func cancel(_ job: Job) -> HTTPResponse {
        do throws(Failure) {
            try queue.cancel(job)
            return .json(queue.status(job), status: 202)
        } catch {
            return .problem(error)
        }
    }

    private func events(_ job: Job, after: String?) -> HTTPResponse {
        guard let after = Int(after ?? "0"), after >= 0 else {
            return .problem(Failure(.invalidRequest, "“after” is the number of an event: 0 or more."))
        }
        return HTTPResponse(
            status: 200, headers: [("Content-Type", "application/x-ndjson")],
            body: .stream(next: job.log.stream(after: after)))
    }
}
