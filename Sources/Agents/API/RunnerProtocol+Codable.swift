extension RunnerEvent: Codable {
    private enum Key: String, CodingKey {
        case type, settings, phase, durationNs, memory, done, total, samples, queries, calls, reason, slice, digest,
            profile,
            slices
        case message, failure
    }

    private enum Kind: String, Codable {
        case settings
        case phaseStarted = "phase-started"
        case phaseFinished = "phase-finished"
        case progress, samples, queries
        case warmedUp = "warmed-up"
        case slice, masks, profile, log, failed, done
    }

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

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        func put(_ kind: Kind) throws { try container.encode(kind, forKey: .type) }
        switch self {
        case .settings(let settings):
            try put(.settings)
            try container.encode(settings, forKey: .settings)
        case .phaseStarted(let phase):
            try put(.phaseStarted)
            try container.encode(phase, forKey: .phase)
        case .phaseFinished(let phase, let durationNs, let memory):
            try put(.phaseFinished)
            try container.encode(phase, forKey: .phase)
            try container.encode(durationNs, forKey: .durationNs)
            try container.encode(memory, forKey: .memory)
        case .progress(let phase, let done, let total):
            try put(.progress)
            try container.encode(phase, forKey: .phase)
            try container.encode(done, forKey: .done)
            try container.encode(total, forKey: .total)
        case .samples(let chunk):
            try put(.samples)
            try container.encode(chunk, forKey: .samples)
        case .queries(let chunk):
            try put(.queries)
            try container.encode(chunk, forKey: .queries)
        case .warmedUp(let calls, let reason):
            try put(.warmedUp)
            try container.encode(calls, forKey: .calls)
            try container.encode(reason, forKey: .reason)
        case .profile(let profile):
            try put(.profile)
            try container.encode(profile, forKey: .profile)
        case .slice(let score):
            try put(.slice)
            try container.encode(score, forKey: .slice)
        case .masks(let digest, let slices):
            try put(.masks)
            try container.encode(digest, forKey: .digest)
            try container.encode(slices, forKey: .slices)
        case .log(let message):
            try put(.log)
            try container.encode(message, forKey: .message)
        case .failed(let failure):
            try put(.failed)
            try container.encode(failure, forKey: .failure)
        case .done: try put(.done)
        }
    }
}
