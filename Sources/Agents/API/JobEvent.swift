import Statistics

/// One line of `GET /v1/jobs/{id}/events`: what happened to a job, in order, from 1, without a gap.
public struct JobEvent: Codable, Hashable, Sendable {
    /// What happened.
    public enum Content: Hashable, Sendable {
        case queued
        /// The runner's process was started.
        case started(processID: Int)
        /// The runner said this.
        case runner(RunnerEvent)
        /// What board and runner went through in the timed phase, told by the agent when that has ended.
        case health(HealthReadings)
        /// The last event of every job. Peak resident set by `wait4`'s `ru_maxrss`, where a process ran.
        case ended(Outcome, failure: Failure?, maxResidentBytes: Int?)
    }

    /// From 1, ascending by 1.
    public var number: Int
    /// RFC 3339, UTC, by the board's clock: for people only.
    public var at: String
    /// What happened.
    public var content: Content

    /// The event of this number.
    public init(number: Int, at: String, content: Content) {
        (self.number, self.at, self.content) = (number, at, content)
    }

    private enum Key: String, CodingKey {
        case number, at, event, processId, runner, health, state, failure, maxResidentBytes
    }

    /// Throws for an event of no known name.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        number = try container.decode(Int.self, forKey: .number)
        at = try container.decode(String.self, forKey: .at)
        let event = try container.decode(String.self, forKey: .event)
        switch event {
        case "queued": content = .queued
        case "started": content = .started(processID: try container.decode(Int.self, forKey: .processId))
        case "runner": content = .runner(try container.decode(RunnerEvent.self, forKey: .runner))
        case "health": content = .health(try container.decode(HealthReadings.self, forKey: .health))
        case "ended":
            content = .ended(
                try container.decode(Outcome.self, forKey: .state),
                failure: try container.decodeIfPresent(Failure.self, forKey: .failure),
                maxResidentBytes: try container.decodeIfPresent(Int.self, forKey: .maxResidentBytes))
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .event, in: container, debugDescription: "unknown event \"\(event)\"")
        }
    }

    /// Writes an object whose `event` tells what else is in it.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(number, forKey: .number)
        try container.encode(at, forKey: .at)
        func put(_ event: String, _ members: KeyValuePairs<Key, any Encodable> = [:]) throws {
            try container.encode(event, forKey: .event)
            for (key, value) in members { try container.encode(value, forKey: key) }
        }
        switch content {
        case .queued: try put("queued")
        case .started(let processID): try put("started", [.processId: processID])
        case .runner(let event): try put("runner", [.runner: event])
        case .health(let readings): try put("health", [.health: readings])
        case .ended(let state, let failure, let maxResidentBytes):
            try put("ended", [.state: state])
            try container.encodeIfPresent(failure, forKey: .failure)
            try container.encodeIfPresent(maxResidentBytes, forKey: .maxResidentBytes)
        }
    }
}
