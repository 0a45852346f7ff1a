import AgentAPI
import JSON
import POSIX
import Synchronization

/// Puts a stream of bytes together to events, and makes sure that none is missing or passed on twice.
final class EventReader: Sendable {
    private struct State {
        var last: Int
        var isEnded = false
        var failure: Failure?
        /// A runner's line has 4 MiB at most, and an event little more.
        var lines = LineReader(maximumLength: 8 << 20)
    }

    private let state: Mutex<State>
    private let yield: @Sendable (JobEvent) -> Void

    init(after: Int, yield: @escaping @Sendable (JobEvent) -> Void) {
        state = Mutex(State(last: after))
        self.yield = yield
    }

    /// Number of the last event that was passed on.
    var last: Int { state.withLock { $0.last } }
    /// Whether the job's last event was passed on.
    var isEnded: Bool { state.withLock { $0.isEnded } }
    /// What was wrong with the stream.
    var failure: Failure? { state.withLock { $0.failure } }

    /// Forgets half a line, before a new connection.
    func startOver() { state.withLock { $0.lines.reset() } }

    /// Takes the next bytes.
    func add(_ bytes: [UInt8]) {
        let events = state.withLock { state -> [JobEvent] in
            guard state.failure == nil else { return [] }
            var events: [JobEvent] = []
            do {
                for line in try state.lines.add(bytes) {
                    let event = try WireJSON.decode(JobEvent.self, from: line)
                    guard event.number > state.last else { continue }
                    guard event.number == state.last + 1 else {
                        state.failure = Failure(
                            .protocolError, "event \(state.last + 1) is missing before \(event.number).")
                        break
                    }
                    state.last = event.number
                    if case .ended = event.content { state.isEnded = true }
                    events.append(event)
                }
            } catch let error as LineReader.LineTooLong {
                state.failure = Failure(.protocolError, "an event has more than \(error.maximumLength >> 20) MiB.")
            } catch {
                state.failure = Failure(.protocolError, "an event cannot be read: \(error)")
            }
            return events
        }
        events.forEach(yield)
    }
}
