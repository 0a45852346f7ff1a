import JSON
import AgentAPI
import Synchronization

/// Puts a stream of bytes together to events, and sees to it that none is missing or told twice.
final class EventReader: Sendable {
    private struct State {
        var last: Int
        var isEnded = false
        var failure: Failure?
        var rest: [UInt8] = []
    }

    private let state: Mutex<State>
    private let yield: @Sendable (JobEvent) -> Void

    init(after: Int, yield: @escaping @Sendable (JobEvent) -> Void) {
        state = Mutex(State(last: after))
        self.yield = yield
    }

    /// Number of the last event that was told.
    var last: Int { state.withLock { $0.last } }
    /// Whether the job's last event was told.
    var isEnded: Bool { state.withLock { $0.isEnded } }
    /// What was wrong with the stream.
    var failure: Failure? { state.withLock { $0.failure } }

    /// Forgets half a line, before a new connection.
    func startOver() { state.withLock { $0.rest = [] } }

    /// Takes the next bytes.
    func add(_ bytes: [UInt8]) {
        let events = state.withLock { state -> [JobEvent] in
            state.rest += bytes
            var events: [JobEvent] = []
            var start = state.rest.startIndex
            while let end = state.rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = state.rest[start..<end]
                start = end + 1
                guard state.failure == nil else { continue }
                do {
                    let event = try WireJSON.decode(JobEvent.self, from: line)
                    guard event.number > state.last else { continue }
                    guard event.number == state.last + 1 else {
                        state.failure = Failure(
                            .protocolError, "event \(state.last + 1) is missing before \(event.number).")
                        continue
                    }
                    state.last = event.number
                    if case .ended = event.content { state.isEnded = true }
                    events.append(event)
                } catch {
                    state.failure = Failure(.protocolError, "an event cannot be read: \(error)")
                }
            }
            state.rest = Array(state.rest[start...])
            return events
        }
        events.forEach(yield)
    }
}
