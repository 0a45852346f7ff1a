import AgentAPI

/// One HTTP request.
struct HTTPCall: Sendable {
    enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// A file from `offset` to its end, `length` bytes, read as it is sent.
        case file(path: String, offset: Int, length: Int)
    }

    var method = "GET"
    var url: String
    var headers: [String] = []
    var body = Body.none
    /// File of the certificate authorities to trust; nil for the system's.
    var caFile: String?
    /// Whole time the request may take; nil for a stream that stays open.
    var timeoutMs: Int? = 30_000
    /// Gets the bytes of a successful answer as they come, on the engine's thread; otherwise they are gathered.
    var onBytes: (@Sendable ([UInt8]) -> Void)?
}

/// What came back.
struct HTTPReply: Sendable {
    var status: Int
    /// The body, unless `onBytes` took it.
    var body: [UInt8]
}
