import AgentAPI
import JSON

/// What the agent answers.
struct HTTPResponse {
    /// Fills a buffer with the next bytes and returns their number; blocks until there are some, and returns 0 at the end.
    typealias Reader = (UnsafeMutableRawBufferPointer) -> Int

    enum Body {
        case bytes([UInt8])
        /// A file, by an open descriptor that the answer owns, and its size.
        case file(Int32, size: Int)
        /// Bytes as they come.
        case stream(next: Reader)
    }

    var status: UInt32
    var headers: [(String, String)] = []
    var body = Body.bytes([])

    /// The agent is alive; nothing that could fail is asked.
    static var alive: HTTPResponse { jsonText(Array("{\"status\":\"ok\"}\n".utf8)) }

    /// A text that is a JSON document.
    static func jsonText(_ bytes: [UInt8], status: UInt32 = 200) -> HTTPResponse {
        HTTPResponse(status: status, headers: [("Content-Type", "application/json")], body: .bytes(bytes))
    }

    /// A JSON document.
    static func json(_ value: some Encodable, status: UInt32 = 200) -> HTTPResponse {
        guard let bytes = try? WireJSON.encode(value) else { preconditionFailure("wire types always encode") }
        return jsonText(bytes + [UInt8(ascii: "\n")], status: status)
    }

    /// An error as RFC 9457 defines it.
    static func problem(
        _ status: UInt32, _ title: String, _ failure: Failure, missing: [SHA256Digest]? = nil, heldBytes: Int? = nil,
        headers: [(String, String)] = []
    ) -> HTTPResponse {
        var problem = Problem(status: Int(status), title: title, failure: failure)
        (problem.missing, problem.heldBytes) = (missing, heldBytes)
        var response = HTTPResponse.json(problem, status: status)
        response.headers = [("Content-Type", "application/problem+json")] + headers
        return response
    }

    /// A failure, with the status that its code is answered with.
    static func problem(_ failure: Failure, missing: [SHA256Digest]? = nil, heldBytes: Int? = nil) -> HTTPResponse {
        let (status, title): (UInt32, String) =
            switch failure.code {
            case .blobsMissing, .jobConflict, .offsetMismatch: (409, "Conflict")
            case .diskFull: (507, "Insufficient Storage")
            case .shuttingDown: (503, "Service Unavailable")
            case .internalError: (500, "Internal Server Error")
            case .invalidRequest: (400, "Bad Request")
            case .notFound: (404, "Not Found")
            case .methodNotAllowed: (405, "Method Not Allowed")
            case .bodyTooLarge: (413, "Content Too Large")
            default: (422, "Unprocessable Content")
            }
        let held = failure.code == .offsetMismatch || failure.code == .notFound ? heldBytes : nil
        return problem(status, title, failure, missing: missing, heldBytes: held)
    }
}
