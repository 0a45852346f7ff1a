import AgentAPI
import Dispatch
import Glibc
import Synchronization

/// A program that is spoken to in lines, over its standard input and output; its standard error is ours.
final class LineProcess: Sendable {
    /// How it ended: a status, or the signal that ended it.
    struct Ending: Hashable, Sendable, CustomStringConvertible {
        var status: Int32
        var signal: Int32

        /// From what `waitpid` says.
        init(waitStatus: Int32) {
            signal = waitStatus & 0x7F
            status = (waitStatus >> 8) & 0xFF
        }

        var description: String {
            signal == 0 ? "status \(status)" : "signal \(signal) (\(String(cString: strsignal(signal))))"
        }
    }

    /// What it says, without line ends, to the end of its output; throws `search-protocol` for a line too long.
    let lines: AsyncThrowingStream<[UInt8], any Error>
    private let process: pid_t
    /// A socket, because a pipe that nobody reads any more would send us SIGPIPE.
    private let input: Mutex<Int32?>
    private let ending = Mutex<Ending?>(nil)
    private static let longestLine = 1 << 20

    /// Starts `words`, the first of them searched in PATH if it has no slash; throws `search-missing`.
    init(_ words: [String]) throws(Failure) {
        var sockets: [Int32] = [0, 0]
        var output: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &sockets) == 0, pipe(&output) == 0 else {
            throw Failure(.internalError, "no pipe: \(String(cString: strerror(errno))).")
        }
        for end in sockets + output { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, sockets[0], 0)
        posix_spawn_file_actions_adddup2(&actions, output[1], 1)
        // A group of its own: Ctrl-C is for us, who then end it in order. We ignore signals that it must not ignore.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var started: pid_t = 0
        let status = posix_spawnp(&started, words[0], &actions, &attributes, arguments, environ)
        close(sockets[0])
        close(output[1])
        guard status == 0 else {
            close(sockets[1])
            close(output[0])
            throw Failure(
                .searchMissing,
                "\(words[0]) cannot be started: \(String(cString: strerror(status))). Make it with “make venv”, or name another Python with --python."
            )
        }
        process = started
        input = Mutex(sockets[1])
        let (stream, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
        lines = stream
        let descriptor = output[0]
        DispatchQueue.global().async { Self.read(descriptor, continuation) }
    }

    deinit {
        input.withLock { if let end = $0 { close(end) } }
    }

    private static func read(
        _ descriptor: Int32, _ continuation: AsyncThrowingStream<[UInt8], any Error>.Continuation
    ) {
        defer { close(descriptor) }
        var rest: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            rest += buffer[..<count]
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                continuation.yield(Array(rest[..<end]))
                rest.removeSubrange(...end)
            }
            guard rest.count <= longestLine else {
                return continuation.finish(
                    throwing: Failure(.searchProtocol, "the search writes a line of more than \(longestLine) bytes."))
            }
        }
        if !rest.isEmpty { continuation.yield(rest) }
        continuation.finish()
    }

    /// Writes a line; one that it no longer reads is lost, which its end will explain.
    func send(_ line: [UInt8]) {
        input.withLock { input in
            guard let input else { return }
            var rest = (line + [UInt8(ascii: "\n")])[...]
            while !rest.isEmpty {
                let sent = rest.withUnsafeBytes {
                    Glibc.send(input, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if sent < 0, errno == EINTR { continue }
                guard sent > 0 else { return }
                rest = rest.dropFirst(sent)
            }
        }
    }

    /// Ends it and says how it ended: closes its input, waits `patience` seconds, asks it and all it started to stop
    /// (SIGTERM), and after two more makes them. Blocks.
    @discardableResult
    func end(patience: Double) -> Ending {
        ending.withLock { known in
            if let known { return known }
            input.withLock { input in
                if let end = input { close(end) }
                input = nil
            }
            let found = wait(patience) ?? stop(SIGTERM) ?? stop(SIGKILL) ?? Ending(waitStatus: SIGKILL)
            known = found
            return found
        }
    }

    private func stop(_ signal: Int32) -> Ending? {
        kill(-process, signal)
        return wait(2)
    }

    private func wait(_ seconds: Double) -> Ending? {
        let deadline = MonotonicClock.now() + Int64(seconds * 1e9)
        while true {
            var status: Int32 = 0
            if waitpid(process, &status, WNOHANG) == process { return Ending(waitStatus: status) }
            guard MonotonicClock.now() < deadline else { return nil }
            usleep(10_000)
        }
    }
}
