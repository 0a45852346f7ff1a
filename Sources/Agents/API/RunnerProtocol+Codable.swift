extension RunnerEvent: Codable {
    private enum Key: String, CodingKey {
        case type, settings, phase, durationNs, memory, done, total, samples, queries, calls, reason, slice, digest,
            profile, slices, message, failure
    }

    private enum Kind: String, Codable {
        case settings
        case phaseStarted = "phase-started"
        case phaseFinished = "phase-finished"
        case progress, samples, queries
        case warmedUp = "warmed-up"
        case slice, masks, profile, log, failed, done
    }

    /// Throws for an event of no known type.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func get<Value: Decodable>(_ key: Key) throws -> Value { try container.decode(Value.self, forKey: key) }
        switch try container.decode(Kind.self, forKey: .type) {
        case .settings: self = .settings(try get(.settings))
        case .phaseStarted: self = .phaseStarted(try get(.phase))
        case .phaseFinished:
            self = .phaseFinished(try get(.phase), durationNs: try get(.durationNs), memory: try get(.memory))
        case .progress: self = .progress(try get(.phase), done: try get(.done), total: try get(.total))
        case .samples: self = .samples(try get(.samples))
        case .queries: self = .queries(try get(.queries))
        case .warmedUp: self = .warmedUp(calls: try get(.calls), reason: try get(.reason))
        case .profile: self = .profile(try get(.profile))
        case .slice: self = .slice(try get(.slice))
        case .masks: self = .masks(digest: try get(.digest), slices: try get(.slices))
        case .log: self = .log(try get(.message))
        case .failed: self = .failed(try get(.failure))
        case .done: self = .done
        }
    }

    /// Writes an object whose `type` tells what else is in it.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        func put(_ kind: Kind, _ members: KeyValuePairs<Key, any Encodable> = [:]) throws {
            try container.encode(kind, forKey: .type)
            for (key, value) in members { try container.encode(value, forKey: key) }
        }
        switch self {
        case .settings(let settings): try put(.settings, [.settings: settings])
        case .phaseStarted(let phase): try put(.phaseStarted, [.phase: phase])
        case .phaseFinished(let phase, let durationNs, let memory):
            try put(.phaseFinished, [.phase: phase, .durationNs: durationNs, .memory: memory])
        case .progress(let phase, let done, let total):
            try put(.progress, [.phase: phase, .done: done, .total: total])
        case .samples(let chunk): try put(.samples, [.samples: chunk])
        case .queries(let chunk): try put(.queries, [.queries: chunk])
        case .warmedUp(let calls, let reason): try put(.warmedUp, [.calls: calls, .reason: reason])
        case .profile(let profile): try put(.profile, [.profile: profile])
        case .slice(let score): try put(.slice, [.slice: score])
        case .masks(let digest, let slices): try put(.masks, [.digest: digest, .slices: slices])
        case .log(let message): try put(.log, [.message: message])
        case .failed(let failure): try put(.failed, [.failure: failure])
        case .done: try put(.done)
        }
    }
}
