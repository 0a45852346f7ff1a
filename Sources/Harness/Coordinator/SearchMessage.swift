import AgentAPI

/// What a search says, one JSON object a line, told apart by `type`; docs/protocol.md has the whole conversation.
enum SearchMessage: Hashable, Sendable, Decodable {
    /// What there is to do: layers' kernels or candidates; and how many more the database has from an earlier search.
    case plan(candidates: Int, measured: Int)
    case step(SearchStep)
    /// Measure the bundle in this folder; `what` is for people.
    case measure(CandidateRequest)
    case chosen(ChosenKernel)
    case log(String)
    case done(database: String, entries: Int)
    case failed(String)

    private enum Key: String, CodingKey {
        case type, candidates, measured, id, bundle, what, layer, kernel, ns, defaultNs, message, database, entries
        case done, total, bestNs
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func read<Value: Decodable>(_ key: Key) throws -> Value { try container.decode(Value.self, forKey: key) }
        switch try read(.type) as String {
        case "plan": self = .plan(candidates: try read(.candidates), measured: try read(.measured))
        case "measure": self = .measure(.init(id: try read(.id), bundle: try read(.bundle), what: try read(.what)))
        case "step":
            self = .step(
                .init(
                    layer: try read(.layer), done: try read(.done), total: try read(.total),
                    bestNs: try container.decodeIfPresent(Double.self, forKey: .bestNs)))
        case "chosen":
            self = .chosen(
                .init(
                    layer: try read(.layer), kernel: try read(.kernel), ns: try read(.ns),
                    defaultNs: try container.decodeIfPresent(Double.self, forKey: .defaultNs)))
        case "log": self = .log(try read(.message))
        case "done": self = .done(database: try read(.database), entries: try read(.entries))
        case "failed": self = .failed(try read(.message))
        case let type:
            throw DecodingError.dataCorruptedError(
                forKey: .type, in: container, debugDescription: "unknown type \"\(type)\"")
        }
    }
}

/// A candidate that is to be measured.
public struct CandidateRequest: Hashable, Sendable {
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
public struct SearchStep: Hashable, Sendable {
    /// The layer it is at; empty at the end.
    public var layer: String
    public var done: Int
    public var total: Int
    /// The layer's best so far, nanoseconds.
    public var bestNs: Double?
}

/// What a search has decided for a layer.
public struct ChosenKernel: Hashable, Sendable {
    public var layer: String
    public var kernel: String
    /// Median of a call, nanoseconds.
    public var ns: Double
    /// The same of the kernel that would be taken without a search; nil if it was not measured.
    public var defaultNs: Double?
}

/// What a candidate's timed calls took.
public struct CandidateTimes: Hashable, Sendable {
    public var medianNs: Int64
    public var lowestNs: Int64
    public var calls: Int
    /// Why the board was slowed meanwhile; nil if it did not say so.
    public var throttling: String?
}

/// What a search is told, one JSON object a line.
enum SearchAnswer: Encodable {
    /// The first line: what the search measures on, and with how many threads.
    case board(AgentInfo, threads: Int)
    case measured(id: Int, CandidateTimes)
    case unmeasured(id: Int, Failure)

    private enum Key: String, CodingKey {
        case type, facts, threads, id, medianNs, lowestNs, calls, throttling, code, message
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .board(let info, let threads):
            try container.encode("board", forKey: .type)
            try container.encode(info, forKey: .facts)
            try container.encode(threads, forKey: .threads)
        case .measured(let id, let times):
            try container.encode("measured", forKey: .type)
            try container.encode(id, forKey: .id)
            try container.encode(times.medianNs, forKey: .medianNs)
            try container.encode(times.lowestNs, forKey: .lowestNs)
            try container.encode(times.calls, forKey: .calls)
            try container.encodeIfPresent(times.throttling, forKey: .throttling)
        case .unmeasured(let id, let failure):
            try container.encode("unmeasured", forKey: .type)
            try container.encode(id, forKey: .id)
            try container.encode(failure.code, forKey: .code)
            try container.encode(failure.message, forKey: .message)
        }
    }
}
