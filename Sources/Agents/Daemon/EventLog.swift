import POSIX
import JSON
import AgentAPI
import Glibc

/// A job's events on disk, one JSON line each: the record of truth, from which a restarted agent goes on.
final class EventLog: Sendable {
    /// What readers may see.
    struct State: Sendable {
        var lastNumber = 0
        var bytes = 0
        var isEnded = false
        /// No event will come, though the job has not ended: the agent is stopping.
        var isClosing = false
        /// The state and failure of the `ended` event.
        var end: (state: Outcome, failure: Failure?)?
        var isStarted = false
    }

    private let file: FileDescriptor
    private let state: Monitor<State>

    /// Opens or makes the log at `path`; a last line torn by a crash is cut off.
    init(path: String) throws(Failure) {
        file = try asFailure { try FileDescriptor(opening: path, O_RDWR | O_CREAT) }
        let bytes = (try? File.read(path)) ?? []
        var state = State()
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
            guard let event = try? WireJSON.decode(JobEvent.self, from: line) else { break }
            state.bytes += line.count + 1
            Self.apply(event, to: &state)
        }
        self.state = Monitor(state)
        cut(after: state.bytes)
    }

    private func cut(after bytes: Int) {
        ftruncate(file.rawValue, off_t(bytes))
        lseek(file.rawValue, off_t(bytes), SEEK_SET)
    }

    /// What has been written so far.
    var current: State { state.withLock { $0 } }

    /// Appends an event; `durably` waits for the disk. Nothing is appended after `ended`.
    func append(_ content: JobEvent.Content, durably: Bool = false) throws(Failure) {
        try state.withLock { (state) throws(Failure) in
            guard !state.isEnded else { return }
            let event = JobEvent(number: state.lastNumber + 1, at: Timestamp.now(), content: content)
            guard var line = try? WireJSON.encode(event) else { preconditionFailure("events always encode") }
            line.append(UInt8(ascii: "\n"))
            do throws(SystemError) {
                try file.writeAll(line)
            } catch {
                // Half a line would make the rest unreadable.
                cut(after: state.bytes)
                throw Failure(error)
            }
            if durably { try? file.synchronize() }
            state.bytes += line.count
            Self.apply(event, to: &state)
        }
    }

    private static func apply(_ event: JobEvent, to state: inout State) {
        state.lastNumber = event.number
        switch event.content {
        case .started: state.isStarted = true
        case .ended(let end, let failure, _):
            state.isEnded = true
            state.end = (end, failure)
        case .queued, .runner, .health: break
        }
    }

    /// Ends all streams, because the agent stops.
    func closeStreams() { state.withLock { $0.isClosing = true } }

    /// Bytes of the events after number `after`; `next` blocks until there are some, and gives 0 when none will come.
    func stream(after: Int) -> HTTPResponse.Reader {
        var position = 0
        var linesToSkip = after
        return { [self] buffer in
            while true {
                let from = position
                let available = state.wait { state -> Int? in
                    if state.bytes > from { return state.bytes - from }
                    return state.isEnded || state.isClosing ? 0 : nil
                }
                guard available > 0 else { return 0 }
                var count = pread(file.rawValue, buffer.baseAddress, min(available, buffer.count), off_t(position))
                guard count > 0 else { return 0 }
                position += count
                guard linesToSkip > 0 else { return count }
                var start = 0
                while start < count, linesToSkip > 0 {
                    if buffer[start] == UInt8(ascii: "\n") { linesToSkip -= 1 }
                    start += 1
                }
                count -= start
                if count > 0 {
                    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<(start + count)]))
                    return count
                }
            }
        }
    }
}
