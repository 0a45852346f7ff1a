import JSON
import AgentAPI
import CProcess
import FoundationEssentials
import Glibc

/// How a runner's process is started.
struct RunnerCommand: Sendable {
    var executable: String
    var arguments: [String] = []
    /// Besides these, only PATH, HOME, LANG and what begins with TVM_ or HARNESS_ (but for the token's file) is passed on.
    var environment: [String: String] = [:]
}

/// One runner's process, from its start to its last byte: everything it can do wrong becomes a `Failure`.
struct RunnerProcess {
    /// How a job ended.
    struct Ending {
        var state: Outcome
        var failure: Failure?
        /// `ru_maxrss` of the process.
        var maxResidentBytes: Int?
    }

    /// Why the agent ends a runner itself.
    enum Stop: Sendable {
        case cancelled
        case shutdown
    }

    static let longestLine = 4 << 20
    private static let keptErrorBytes = 4096
    /// After SIGTERM a runner has this long before SIGKILL.
    private static let graceNs: Int64 = 2_000_000_000

    let process: pid_t
    private let output: Int32
    private let error: Int32
    private let deadline: Int64
    private let memoryLimitBytes: Int?

    /// Starts the runner with `job` as its input; throws `runner-missing`.
    init(_ command: RunnerCommand, job: RunnerJob, inputFile: String) throws(Failure) {
        guard let bytes = try? WireJSON.encode(job) else { preconditionFailure("jobs always encode") }
        // A file instead of a pipe: a runner that never reads cannot block the agent.
        try writeDurably(bytes, to: inputFile)
        let input = open(inputFile, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw diskFailure(inputFile) }
        defer { close(input) }
        let (outputRead, outputWrite) = try Self.pipe()
        let (errorRead, errorWrite) = try Self.pipe()
        defer {
            close(outputWrite)
            close(errorWrite)
        }
        var started: pid_t = 0
        let status = Self.withCStrings([command.executable] + command.arguments) { arguments in
            Self.withCStrings(Self.environment(command).map { "\($0)=\($1)" }) { environment in
                harness_spawn(
                    command.executable, arguments, environment, input, outputWrite, errorWrite,
                    UInt64(job.settings.memoryLimitBytes ?? 0), &started)
            }
        }
        guard status == 0 else {
            close(outputRead)
            close(errorRead)
            throw Failure(
                .runnerMissing,
                "\(command.executable) cannot be started: \(String(cString: strerror(status))). Install harness-runner beside the agent, or name it with --runner."
            )
        }
        process = started
        output = outputRead
        error = errorRead
        deadline = MonotonicClock.now() + job.settings.timeLimitNs
        memoryLimitBytes = job.settings.memoryLimitBytes
    }

    /// Reads events until the process is gone; `stop` is asked whenever `wakeup` is readable, and now and then.
    ///
    /// Blocks. `report` gets each event as it comes; `tick` is called a few times a second.
    func supervise(
        wakeup: Int32, stop: () -> Stop?, tick: () -> Void = {}, report: (RunnerEvent) throws(Failure) -> Void
    ) -> Ending {
        var lines = LineBuffer(longest: Self.longestLine)
        var errors = [UInt8]()
        var verdict: Ending?
        var said: RunnerEvent?
        var terminatedAt: Int64?
        var isOutputOpen = true
        var isErrorOpen = true
        defer {
            close(output)
            close(error)
        }
        func end(_ state: Outcome, _ failure: Failure) {
            guard verdict == nil else { return }
            verdict = Ending(state: state, failure: failure)
            terminatedAt = MonotonicClock.now()
            kill(-process, failure.code == .runnerProtocol ? SIGKILL : SIGTERM)
        }
        var isReaped = false
        var status: Int32 = 0
        var usage = rusage()
        while true {
            if !isReaped, wait4(process, &status, WNOHANG, &usage) == process { isReaped = true }
            // A grandchild may hold the pipes open: what is in them is read, but not waited for.
            if isReaped, !isOutputOpen || !isReadable(output) { break }
            if let reason = stop() { end(reason) }
            tick()
            if MonotonicClock.now() >= deadline {
                end(
                    .timedOut,
                    Failure(.timeLimit, "the time limit passed: raise it with --time-limit, or look for a hang."))
            }
            if let since = terminatedAt, MonotonicClock.now() - since > Self.graceNs { kill(-process, SIGKILL) }
            var waiting = [
                pollfd(fd: isOutputOpen ? output : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: isErrorOpen ? error : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0),
            ]
            poll(&waiting, nfds_t(waiting.count), isOutputOpen ? 100 : 10)
            if waiting[0].revents != 0 {
                isOutputOpen = drain(output) { bytes in
                    if verdict?.failure?.code == .runnerProtocol { return }
                    take(bytes, &lines, &said, report, end)
                }
            }
            if waiting[1].revents != 0 {
                isErrorOpen = drain(error) { errors = Array((errors + $0).suffix(Self.keptErrorBytes)) }
            }
        }
        // Nothing of the job's group may live on beside the next one.
        kill(-process, SIGKILL)
        _ = drainAll(error) { errors = Array((errors + $0).suffix(Self.keptErrorBytes)) }
        var ending =
            verdict ?? judge(status, said: said, rest: lines.rest, errors: errors, peak: usage.ru_maxrss * 1024)
        ending.maxResidentBytes = usage.ru_maxrss * 1024
        return ending

        func end(_ reason: Stop) {
            switch reason {
            case .cancelled: end(.cancelled, Failure(.cancelled, "the job was cancelled."))
            case .shutdown:
                end(.lost, Failure(.lost, "the agent was stopped while the job ran: dispatch again with --resume."))
            }
        }
    }

    private func take(
        _ bytes: ArraySlice<UInt8>, _ lines: inout LineBuffer, _ said: inout RunnerEvent?,
        _ report: (RunnerEvent) throws(Failure) -> Void, _ end: (Outcome, Failure) -> Void
    ) {
        guard let complete = lines.add(bytes) else {
            end(
                .failed, Failure(.runnerProtocol, "the runner wrote a line of more than \(Self.longestLine >> 20) MiB.")
            )
            return
        }
        for line in complete {
            guard let event = try? WireJSON.decode(RunnerEvent.self, from: line) else {
                end(
                    .failed,
                    Failure(.runnerProtocol, "the runner wrote something that is no event: \(Self.excerpt(line))"))
                return
            }
            switch event {
            case .done, .failed: said = event
            default:
                do throws(Failure) {
                    try report(event)
                } catch {
                    end(.failed, error)
                    return
                }
            }
        }
    }

    // MARK: The verdict

    private func judge(_ status: Int32, said: RunnerEvent?, rest: [UInt8], errors: [UInt8], peak: Int) -> Ending {
        let signal = status & 0x7F
        let code = (status >> 8) & 0xFF
        let words = errors.isEmpty ? "" : " Its last words: \(Self.excerpt(errors.suffix(600)))"
        if signal != 0 { return Ending(state: .failed, failure: killed(by: signal, peak: peak, words)) }
        if case .failed(let failure) = said { return Ending(state: .failed, failure: failure) }
        guard code == 0 else {
            return Ending(
                state: .failed, failure: Failure(.runnerExited, "the runner exited with status \(code).\(words)"))
        }
        guard case .done = said, rest.isEmpty else {
            return Ending(
                state: .failed,
                failure: Failure(
                    .runnerProtocol, "the runner exited with status 0 without saying that it is done.\(words)"))
        }
        return Ending(state: .succeeded)
    }

    private func killed(by signal: Int32, peak: Int, _ words: String) -> Failure {
        let mebibytes = peak >> 20
        switch signal {
        case SIGKILL:
            return Failure(
                .outOfMemory,
                "the runner was killed by the system at \(mebibytes) MiB, most likely for memory: use a smaller variant or close other programs."
            )
        case SIGILL:
            return Failure(
                .runnerCrashed,
                "SIGILL: the module uses an instruction this CPU does not have: compile with the board's -mcpu.\(words)"
            )
        default:
            // A runner that hits its limit usually dies on the null pointer it got.
            if let limit = memoryLimitBytes, peak > limit / 2 {
                return Failure(
                    .outOfMemory,
                    "the runner died by \(Self.name(signal)) at \(mebibytes) MiB with a limit of \(limit >> 20) MiB: raise --memory-limit."
                )
            }
            return Failure(.runnerCrashed, "the runner died by \(Self.name(signal)) at \(mebibytes) MiB.\(words)")
        }
    }

    private static func name(_ signal: Int32) -> String {
        let names = [SIGSEGV: "SIGSEGV", SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGTERM: "SIGTERM"]
        return "\(names[signal] ?? "signal \(signal)") (\(String(cString: strsignal(signal))))"
    }

    /// At most 200 characters of text, control characters made visible.
    static func excerpt(_ bytes: some Collection<UInt8>) -> String {
        let text = String(decoding: bytes.prefix(600), as: UTF8.self)
        let shown = text.unicodeScalars.prefix(200).map { scalar in
            scalar.value >= 0x20 && scalar.value != 0x7F ? String(scalar) : scalar == "\n" ? " ⏎ " : "·"
        }
        return "“\(shown.joined())\(text.unicodeScalars.count > 200 ? "…" : "")”"
    }

    // MARK: Plumbing

    private func isReadable(_ descriptor: Int32) -> Bool {
        var waiting = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
        return poll(&waiting, 1, 0) > 0 && waiting[0].revents & Int16(POLLIN) != 0
    }

    /// Reads once; false at the end.
    private func drain(_ descriptor: Int32, _ body: (ArraySlice<UInt8>) -> Void) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(descriptor, &buffer, buffer.count)
        if count > 0 { body(buffer[..<count]) }
        return count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN))
    }

    private func drainAll(_ descriptor: Int32, _ body: (ArraySlice<UInt8>) -> Void) -> Bool {
        while isReadable(descriptor), drain(descriptor, body) {}
        return true
    }

    private static func pipe() throws(Failure) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard harness_pipe(&ends, 0) == 0 else {
            throw Failure(.internalError, "no pipe: \(String(cString: strerror(errno))).")
        }
        return (ends[0], ends[1])
    }

    private static func environment(_ command: RunnerCommand) -> [String: String] {
        let passed = ProcessInfo.processInfo.environment.filter { name, _ in
            ["PATH", "HOME", "LANG", "LD_LIBRARY_PATH"].contains(name) || name.hasPrefix("TVM_")
                || (name.hasPrefix("HARNESS_") && name != "HARNESS_TOKEN_FILE")
        }
        return passed.merging(command.environment) { _, own in own }
    }

    static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
        defer { pointers.forEach { free($0) } }
        return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
    }
}

/// Cuts bytes into lines.
struct LineBuffer {
    private let longest: Int
    /// Bytes after the last line feed.
    private(set) var rest: [UInt8] = []

    init(longest: Int) {
        self.longest = longest
    }

    /// The lines that are complete now; nil if one grows too long.
    mutating func add(_ bytes: ArraySlice<UInt8>) -> [[UInt8]]? {
        var lines: [[UInt8]] = []
        var start = bytes.startIndex
        while let feed = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            rest += bytes[start..<feed]
            if !rest.isEmpty { lines.append(rest) }
            rest = []
            start = feed + 1
        }
        rest += bytes[start...]
        return rest.count > longest ? nil : lines
    }
}
