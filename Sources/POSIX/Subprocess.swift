import CPOSIX
import Glibc
import Synchronization

/// A program started by this one. Whoever starts it waits for it: until then it stays a process, if only a dead one.
public final class Subprocess: Sendable {
    /// What to start, and with what.
    public struct Command: Sendable {
        /// The program and its arguments. A program without a slash is searched for in PATH.
        public var arguments: [String]
        /// Its whole environment.
        public var environment = ProcessEnvironment.current
        /// Its working directory; nil for this process's.
        public var folder: String?
        /// Its standard input.
        public var input = Input.none
        /// Its standard output.
        public var output = Output.inherited
        /// Its standard error.
        public var error = Output.inherited
        /// Its RLIMIT_DATA; nil for none.
        public var memoryLimitBytes: Int?
        /// Whether it leads a process group, so that Ctrl-C does not reach it and `signalGroup` does.
        public var leadsGroup = true
        /// Whether the kernel kills it when the *thread* that starts it ends.
        public var endsWithThread = false

        /// `arguments` with this process's environment, no input and its output.
        public init(_ arguments: [String]) { self.arguments = arguments }
    }

    /// Where standard input comes from.
    public enum Input: Sendable {
        /// It is empty.
        case none
        /// `send` and `closeInput`.
        case pipe
        case file(String)
    }

    /// Where standard output or standard error goes.
    public enum Output: Sendable {
        /// To this process's own.
        case inherited
        /// `takeOutput` or `takeError`.
        case pipe
        /// To a file, which is emptied.
        case file(String)
    }

    /// How a program ended.
    public struct Ending: Hashable, Sendable, CustomStringConvertible {
        /// Exit status; nil if a signal ended it.
        public var status: Int32?
        /// The signal that ended it.
        public var signal: Int32?
        /// Peak resident set, `ru_maxrss` of wait4(2).
        public var maxResidentBytes: Int

        /// `status 3` or `signal 9 (Killed)`.
        public var description: String {
            signal.map { "signal \($0) (\(String(cString: strsignal($0))))" } ?? "status \(status ?? 0)"
        }
    }

    /// Process identifier.
    public let id: pid_t
    private let input: Mutex<FileDescriptor?>
    private let output: Mutex<FileDescriptor?>
    private let error: Mutex<FileDescriptor?>
    private let ending = Mutex<Ending?>(nil)

    /// Starts a program; throws if it cannot be found or started.
    public init(_ command: Command) throws(SystemError) {
        var ends = try Ends(command)
        guard let childInput = ends.childInput.take(), let childOutput = ends.childOutput.take(),
            let childError = ends.childError.take()
        else { preconditionFailure("a child has three streams") }
        let path = try Self.search(command.arguments[0], command.environment["PATH"])
        var started: pid_t = 0
        let status = withCStrings(command.arguments) { arguments in
            withCStrings(command.environment.map { "\($0)=\($1)" }) { environment in
                withOptionalCString(command.folder) { folder in
                    path.withCString { path in
                        var options = harness_spawn_options(
                            path: path, arguments: arguments, environment: environment, directory: folder,
                            streams: (childInput.rawValue, childOutput.rawValue, childError.rawValue),
                            memory_limit: UInt64(command.memoryLimitBytes ?? 0),
                            leads_group: command.leadsGroup ? 1 : 0, ends_with_thread: command.endsWithThread ? 1 : 0)
                        return harness_spawn(&options, &started)
                    }
                }
            }
        }
        guard status == 0 else { throw SystemError("\(command.arguments[0]) cannot be started", code: status) }
        id = started
        input = Mutex(ends.input.take())
        output = Mutex(ends.output.take())
        error = Mutex(ends.error.take())
    }

    // MARK: Streams

    /// Writes all of `bytes` to standard input; throws with `EPIPE` if it no longer reads.
    public func send(_ bytes: [UInt8]) throws(SystemError) {
        try input.withLock { (input) throws(SystemError) in
            guard input != nil else { throw SystemError("standard input is closed", code: EPIPE) }
            // A reader that is gone is an error to handle here, not a signal that ends this process.
            var pipeSignal = sigset_t()
            var blocked = sigset_t()
            sigemptyset(&pipeSignal)
            sigaddset(&pipeSignal, SIGPIPE)
            pthread_sigmask(SIG_BLOCK, &pipeSignal, &blocked)
            defer { pthread_sigmask(SIG_SETMASK, &blocked, nil) }
            do throws(SystemError) {
                try input!.writeAll(bytes)
            } catch {
                var atOnce = timespec()
                if error.code == EPIPE { sigtimedwait(&pipeSignal, nil, &atOnce) }
                throw error
            }
        }
    }

    /// Ends its standard input.
    public func closeInput() { input.withLock { $0 = nil } }

    /// Its standard output, once.
    public func takeOutput() -> FileDescriptor { Self.take(output) }

    /// Its standard error, once.
    public func takeError() -> FileDescriptor { Self.take(error) }

    private static func take(_ end: borrowing Mutex<FileDescriptor?>) -> FileDescriptor {
        guard let found = end.withLock({ $0.take() }) else { preconditionFailure("not a pipe, or taken before") }
        return found
    }

    // MARK: The end

    /// Sends it a signal; none once it has been waited for, when its number may be another process's.
    public func signal(_ number: Int32) { ending.withLock { if $0 == nil { kill(id, number) } } }

    /// Sends a signal to its process group; none once it has been waited for.
    public func signalGroup(_ number: Int32) { ending.withLock { if $0 == nil { kill(-id, number) } } }

    /// Whether it has ended, waited for or not.
    public var hasEnded: Bool {
        ending.withLock { ending in
            var information = siginfo_t()
            return ending != nil
                || waitid(P_PID, id_t(id), &information, WEXITED | WNOHANG | WNOWAIT) == 0
                    && information.si_signo == SIGCHLD
        }
    }

    /// How it ended; nil while it runs.
    public func poll() -> Ending? {
        ending.withLock { ending in
            if let ending { return ending }
            var status: Int32 = 0
            var usage = rusage()
            guard wait4(id, &status, WNOHANG, &usage) == id else { return nil }
            let signal = status & 0x7F
            ending = Ending(
                status: signal == 0 ? (status >> 8) & 0xFF : nil, signal: signal == 0 ? nil : signal,
                maxResidentBytes: usage.ru_maxrss * 1024)
            return ending
        }
    }

    /// Blocks until it has ended; at once if it has been waited for before.
    @discardableResult
    public func wait() -> Ending {
        while true {
            if let ending = poll() { return ending }
            var information = siginfo_t()
            waitid(P_PID, id_t(id), &information, WEXITED | WNOWAIT)
        }
    }

    /// Blocks until it has ended, `seconds` at most; nil if it has not.
    public func wait(seconds: Double) -> Ending? {
        let deadline = MonotonicClock.now() + Int64(seconds * 1e9)
        while true {
            if let ending = poll() { return ending }
            guard MonotonicClock.now() < deadline else { return nil }
            usleep(10_000)
        }
    }

    // MARK: Starting

    private static func search(_ program: String, _ folders: String?) throws(SystemError) -> String {
        if program.contains("/") { return program }
        for folder in (folders ?? "/usr/bin:/bin").split(separator: ":") {
            let path = "\(folder)/\(program)"
            if File.isExecutable(path) { return path }
        }
        throw SystemError("\(program) cannot be started", code: ENOENT)
    }

    /// Both ends of the three streams: the child's, and ours of those that are pipes.
    private struct Ends: ~Copyable {
        var childInput: FileDescriptor?
        var childOutput: FileDescriptor?
        var childError: FileDescriptor?
        var input: FileDescriptor?
        var output: FileDescriptor?
        var error: FileDescriptor?

        init(_ command: Command) throws(SystemError) {
            switch command.input {
            case .none: childInput = try FileDescriptor(opening: "/dev/null", O_RDONLY)
            case .file(let path): childInput = try FileDescriptor(opening: path, O_RDONLY)
            case .pipe:
                var pipe = try Pipe()
                childInput = pipe.reading.take()
                input = pipe.writing.take()
            }
            output = try Self.open(command.output, STDOUT_FILENO, &childOutput)
            error = try Self.open(command.error, STDERR_FILENO, &childError)
        }

        /// Our end, if it is a pipe.
        private static func open(
            _ stream: Output, _ own: Int32, _ child: inout FileDescriptor?
        ) throws(SystemError) -> FileDescriptor? {
            switch stream {
            case .inherited: child = FileDescriptor(owning: fcntl(own, F_DUPFD_CLOEXEC, 3), name: "a standard stream")
            case .file(let path): child = try FileDescriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC)
            case .pipe:
                var pipe = try Pipe()
                child = pipe.writing.take()
                return pipe.reading.take()
            }
            return nil
        }
    }
}

/// The variables this process was started with.
public enum ProcessEnvironment {
    /// All of them, by name.
    public static var current: [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return variables
    }
}

private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
    defer { pointers.forEach { free($0) } }
    return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
}

private func withOptionalCString<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    text.map { $0.withCString { body($0) } } ?? body(nil)
}
