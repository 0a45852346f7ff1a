import AgentWire

/// What a search says, one JSON object a line, told apart by `type`; docs/protocol.md has the whole conversation.
enum SearchMessage: Hashable, Sendable, Decodable {
    /// Candidates in all, and how many of them were measured in an earlier search.
    case plan(candidates: Int, measured: Int)
    /// Measure the bundle in this folder; `what` is for people.
    case measure(CandidateRequest)
    case chosen(ChosenKernel)
    case log(String)
    case done(database: String, entries: Int)
    case failed(String)

    private enum Key: String, CodingKey {
        case type, candidates, measured, id, bundle, what, layer, kernel, ns, defaultNs, message, database, entries
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func read<Value: Decodable>(_ key: Key) throws -> Value { try container.decode(Value.self, forKey: key) }
        switch try read(.type) as String {
        case "plan": self = .plan(candidates: try read(.candidates), measured: try read(.measured))
        case "measure": self = .measure(.init(id: try read(.id), bundle: try read(.bundle), what: try read(.what)))
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
    /// The first line: what the search measures on.
    case board(AgentInfo)
    case measured(id: Int, CandidateTimes)
    case unmeasured(id: Int, Failure)

    private enum Key: String, CodingKey {
        case type, facts, id, medianNs, lowestNs, calls, throttling, code, message
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .board(let info):
            try container.encode("board", forKey: .type)
            try container.encode(info, forKey: .facts)
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
