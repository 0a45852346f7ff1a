import AgentAPI
import CProcess
import FoundationEssentials
import Glibc

/// A program that is run for what it says, and ends by itself.
struct ShortProgram {
    /// What it left.
    struct Ending {
        /// Exit status; nil if a signal ended it.
        var status: Int32?
        var signal: Int32?
        var output: String
        var error: String

        /// Its last line of error, or else how it ended.
        var lastWords: String {
            if let signal { return "it died by signal \(signal) (\(String(cString: strsignal(signal))))" }
            let line = error.split(separator: "\n").last.map(String.init)
            return line ?? "it ended with status \(status ?? 0)"
        }
    }

    /// Runs `words` and waits, `seconds` at most; throws `runner-missing` if it cannot be started or does not end.
    static func run(_ words: [String], seconds: Int64 = 60) throws(Failure) -> Ending {
        var input: [Int32] = [0, 0]
        var output: [Int32] = [0, 0]
        var error: [Int32] = [0, 0]
        guard harness_pipe(&input, 0) == 0, harness_pipe(&output, 0) == 0, harness_pipe(&error, 0) == 0 else {
            throw Failure(.internalError, "no pipe: \(String(cString: strerror(errno))).")
        }
        defer { [output[0], error[0]].forEach { close($0) } }
        var process: pid_t = 0
        let status = RunnerProcess.withCStrings(words) { arguments in
            RunnerProcess.withCStrings(ProcessInfo.processInfo.environment.map { "\($0)=\($1)" }) { environment in
                harness_spawn(words[0], arguments, environment, input[0], output[1], error[1], 0, &process)
            }
        }
        (input + [output[1], error[1]]).forEach { close($0) }
        guard status == 0 else {
            throw Failure(.runnerMissing, "cannot be started: \(String(cString: strerror(status))).")
        }
        let texts = read([output[0], error[0]], until: MonotonicClock.now() + seconds * 1_000_000_000)
        if texts == nil { kill(-process, SIGKILL) }
        var ended: Int32 = 0
        while waitpid(process, &ended, 0) < 0, errno == EINTR {}
        guard let texts else { throw Failure(.runnerMissing, "did not end within \(seconds) s.") }
        let signal = ended & 0x7F
        return Ending(
            status: signal == 0 ? (ended >> 8) & 0xFF : nil, signal: signal == 0 ? nil : signal, output: texts[0],
            error: texts[1])
    }

    /// Reads pipes to their ends; nil if `deadline` passes first.
    private static func read(_ pipes: [Int32], until deadline: Int64) -> [String]? {
        var open = pipes
        var bytes = pipes.map { _ in [UInt8]() }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while open.contains(where: { $0 >= 0 }) {
            let left = (deadline - MonotonicClock.now()) / 1_000_000
            guard left > 0 else { return nil }
            var waiting = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            poll(&waiting, nfds_t(waiting.count), Int32(min(left, 60_000)))
            for (index, pipe) in waiting.enumerated() where pipe.revents != 0 {
                let count = Glibc.read(pipe.fd, &buffer, buffer.count)
                if count > 0 { bytes[index] += buffer[..<count] }
                if count == 0 { open[index] = -1 }
            }
        }
        return bytes.map { String(decoding: $0, as: UTF8.self) }
    }
}
