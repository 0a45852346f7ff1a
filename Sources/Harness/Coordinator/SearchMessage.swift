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

/// A candidate to measure.
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
public struct ChosenKernel: Hashable, Sendable {
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
public struct CandidateTimes: Hashable, Sendable {
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
