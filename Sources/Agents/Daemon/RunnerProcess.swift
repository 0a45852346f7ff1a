import AgentAPI
import Glibc
import JSON
import POSIX

/// How a runner's process is started.
struct RunnerCommand: Sendable {
    var executable: String
    var arguments: [String] = []
    /// Besides these, only PATH, HOME, LANG and what begins with TVM_ or HARNESS_ (but for the token's file) is passed on.
    var environment: [String: String] = [:]

    /// Everything the runner's environment has.
    var wholeEnvironment: [String: String] {
        let passed = ProcessEnvironment.current.filter { name, _ in
            ["PATH", "HOME", "LANG", "LD_LIBRARY_PATH"].contains(name) || name.hasPrefix("TVM_")
                || (name.hasPrefix("HARNESS_") && name != "HARNESS_TOKEN_FILE")
        }
        return passed.merging(environment) { _, own in own }
    }
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

        /// How the job then ends.
        var ending: Ending {
            switch self {
            case .cancelled: Ending(state: .cancelled, failure: Failure(.cancelled, "the job was cancelled."))
            case .shutdown:
                Ending(
                    state: .lost,
                    failure: Failure(.lost, "the agent was stopped while the job ran: dispatch again with --resume."))
            }
        }
    }

    private static let longestLine = 4 << 20
    private static let keptErrorBytes = 4096
    /// After SIGTERM a runner has this long before SIGKILL.
    private static let graceNs: Int64 = 2_000_000_000

    private let process: Subprocess
    private let deadline: Int64
    private let memoryLimitBytes: Int?

    /// Process identifier.
    var id: pid_t { process.id }

    /// Starts the runner with `job` as its input; throws `runner-missing`.
    init(_ command: RunnerCommand, job: RunnerJob, inputFile: String) throws(Failure) {
        guard let bytes = try? WireJSON.encode(job) else { preconditionFailure("jobs always encode") }
        // A file instead of a pipe: a runner that never reads cannot block the agent.
        try asFailure { try File.write(bytes, to: inputFile, durably: true) }
        var start = Subprocess.Command([command.executable] + command.arguments)
        start.environment = command.wholeEnvironment
        start.input = .file(inputFile)
        (start.output, start.error) = (.pipe, .pipe)
        start.memoryLimitBytes = job.settings.memoryLimitBytes
        start.endsWithThread = true
        do throws(SystemError) {
            process = try Subprocess(start)
        } catch {
            throw Failure(
                .runnerMissing,
                "\(error.problem): \(error.reason). Install harness-runner beside the agent, or name it with --runner.")
        }
        deadline = MonotonicClock.now() + job.settings.timeLimitNs
        memoryLimitBytes = job.settings.memoryLimitBytes
    }

    /// Reads events until the process is gone; `stop` is asked whenever `wakeup` is set off, and now and then.
    ///
    /// Blocks. `report` gets each event as it comes; `tick` is called a few times a second.
    func supervise(
        wakeup: Wakeup, stop: () -> Stop?, tick: () -> Void = {}, report: (RunnerEvent) throws(Failure) -> Void
    ) -> Ending {
        let output = process.takeOutput()
        let error = process.takeError()
        var lines = LineReader(maximumLength: Self.longestLine)
        var errors: [UInt8] = []
        /// How the agent ended it, if it did.
        var decided: Ending?
        var lastEvent: RunnerEvent?
        var terminatedAt: Int64?
        var isOutputOpen = true
        var isErrorOpen = true
        func end(_ ending: Ending) {
            guard decided == nil else { return }
            decided = ending
            terminatedAt = MonotonicClock.now()
            process.signalGroup(ending.failure?.code == .runnerProtocol ? SIGKILL : SIGTERM)
        }
        func keepError(_ bytes: ArraySlice<UInt8>) { errors = Array((errors + bytes).suffix(Self.keptErrorBytes)) }
        while true {
            // A grandchild may hold the pipes open: what is in them is read, but not waited for.
            if process.hasEnded, !isOutputOpen || !isReadable(output.rawValue) { break }
            if let reason = stop() { end(reason.ending) }
            tick()
            if MonotonicClock.now() >= deadline {
                let message = "the time limit passed: raise it with --time-limit, or look for a hang."
                end(Ending(state: .timedOut, failure: Failure(.timeLimit, message)))
            }
            if let since = terminatedAt, MonotonicClock.now() - since > Self.graceNs { process.signalGroup(SIGKILL) }
            var waiting = [
                pollfd(fd: isOutputOpen ? output.rawValue : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: isErrorOpen ? error.rawValue : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            poll(&waiting, nfds_t(waiting.count), isOutputOpen ? 100 : 10)
            if waiting[0].revents != 0 {
                isOutputOpen = drain(output) { bytes in
                    if decided?.failure?.code == .runnerProtocol { return }
                    do throws(Failure) {
                        try take(bytes, &lines, &lastEvent, report)
                    } catch {
                        end(Ending(state: .failed, failure: error))
                    }
                }
            }
            if waiting[1].revents != 0 { isErrorOpen = drain(error, keepError) }
        }
        // Nothing of the job's group may live on beside the next one.
        process.signalGroup(SIGKILL)
        while isReadable(error.rawValue), drain(error, keepError) {}
        let exit = process.wait()
        let end = RunnerExit(
            exit: exit, lastEvent: lastEvent, hasUnfinishedLine: !lines.rest.isEmpty, errors: errors,
            memoryLimitBytes: memoryLimitBytes)
        var ending = decided ?? end.ending
        ending.maxResidentBytes = exit.maxResidentBytes
        return ending
    }

    private func take(
        _ bytes: ArraySlice<UInt8>, _ lines: inout LineReader, _ lastEvent: inout RunnerEvent?,
        _ report: (RunnerEvent) throws(Failure) -> Void
    ) throws(Failure) {
        let complete: [[UInt8]]
        do throws(LineReader.LineTooLong) {
            complete = try lines.add(bytes)
        } catch {
            throw Failure(.runnerProtocol, "the runner wrote a line of more than \(error.maximumLength >> 20) MiB.")
        }
        for line in complete where !line.isEmpty {
            guard let event = try? WireJSON.decode(RunnerEvent.self, from: line) else {
                throw Failure(.runnerProtocol, "the runner wrote something that is not an event: \(excerpt(line))")
            }
            switch event {
            case .done, .failed: lastEvent = event
            default: try report(event)
            }
        }
    }

    private func isReadable(_ descriptor: Int32) -> Bool {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, 0) > 0 && waiting.revents & Int16(POLLIN) != 0
    }

    /// Reads once; false at the end.
    private func drain(_ file: borrowing FileDescriptor, _ body: (ArraySlice<UInt8>) -> Void) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        guard let count = try? buffer.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 else {
            return false
        }
        body(buffer[..<count])
        return true
    }
}
