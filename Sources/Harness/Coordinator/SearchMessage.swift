import AgentAPI

/// A message of a search, one JSON object per line, distinguished by `type`; docs/protocol.md has the whole protocol.
enum SearchMessage: Hashable, Sendable, Decodable {
    /// The number of candidates, and how many more the database has from an earlier search.
    case plan(candidates: Int, measured: Int)
    case step(SearchStep)
    /// Measure the bundle in this folder; `what` is for people.
    case measure(CandidateRequest)
    case chosen(ChosenKernel)
    case log(String)
    case done(database: String, entries: Int)
    case failed(String)

    private enum Key: String, CodingKey { case type, candidates, measured, message, database, entries }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func read<Value: Decodable>(_ key: Key) throws -> Value { try container.decode(Value.self, forKey: key) }
        switch try read(.type) as String {
        case "plan": self = .plan(candidates: try read(.candidates), measured: try read(.measured))
        case "measure": self = .measure(try CandidateRequest(from: decoder))
        case "step": self = .step(try SearchStep(from: decoder))
        case "chosen": self = .chosen(try ChosenKernel(from: decoder))
        case "log": self = .log(try read(.message))
        case "done": self = .done(database: try read(.database), entries: try read(.entries))
        case "failed": self = .failed(try read(.message))
        case let type:
            throw DecodingError.dataCorruptedError(
                forKey: .type, in: container, debugDescription: "unknown type \"\(type)\"")
        }
    }
}

/// A candidate to measure.
public struct CandidateRequest: Hashable, Sendable, Decodable {
    /// The search's own number, which the answer carries.
    public var id: Int
    /// A bundle's folder.
    public var bundle: String
    /// Kernel, layer, schedule: `winograd 64→64 @128: tiles 16 blocks 2`.
    public var what: String

    /// The layer, out of `what`, for display: `64→64 @128`.
    public var layer: String {
        let head = what.prefix { $0 != ":" }
        guard let space = head.firstIndex(of: " ") else { return String(head) }
        return String(head[head.index(after: space)...])
    }
}

/// How far a search is that does not know beforehand how many candidates it will try.
public struct SearchStep: Hashable, Sendable, Decodable {
    /// The current layer; empty at the end.
    public var layer: String
    /// Layers finished.
    public var done: Int
    /// Layers in all.
    public var total: Int
    /// The layer's best time so far, nanoseconds.
    public var bestNs: Double?
}

/// A search's decision for a layer.
public struct ChosenKernel: Hashable, Sendable, Decodable {
    /// The layer, such as `64→64 @128`.
    public var layer: String
    /// Kernel and schedule.
    public var kernel: String
    /// Median of a call, nanoseconds.
    public var ns: Double
    /// The same for the kernel used without a search; nil if it was not measured.
    public var defaultNs: Double?
}

/// Times of a candidate's calls.
public struct CandidateTimes: Hashable, Sendable, Encodable {
    /// Median, nanoseconds.
    public var medianNs: Int64
    /// Minimum, nanoseconds.
    public var lowestNs: Int64
    /// Number of timed calls.
    public var calls: Int
    /// Why the board was throttled meanwhile; nil if it reported nothing.
    public var throttling: String?
}

/// A message to a search, one JSON object per line.
enum SearchAnswer: Encodable {
    /// The first line: the board the search measures on, and the number of threads.
    case board(AgentInfo, threads: Int)
    case measured(id: Int, CandidateTimes)
    case unmeasured(id: Int, Failure)

    private enum Key: String, CodingKey { case type, facts, threads, id, code, message }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .board(let info, let threads):
            try container.encode([(.type, "board"), (.facts, info), (.threads, threads)])
        case .measured(let id, let times):
            try container.encode([(.type, "measured"), (.id, id)])
            try times.encode(to: encoder)
        case .unmeasured(let id, let failure):
            try container.encode([
                (.type, "unmeasured"), (.id, id), (.code, failure.code), (.message, failure.message),
            ])
        }
    }
}
