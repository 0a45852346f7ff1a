import AgentAPI
import Glibc
import POSIX

/// A program that is run for its output, and ends by itself.
struct ShortProgram {
    /// How it ended, and what it wrote.
    struct Result {
        var ending: Subprocess.Ending
        var output: String
        var error: String

        /// Its last line of error, or else how it ended.
        var reason: String {
            if ending.signal != nil { return "it died of \(ending)" }
            return error.split(separator: "\n").last.map(String.init) ?? "it ended with \(ending)"
        }
    }

    /// Runs `arguments` and waits, `seconds` at most; throws `runner-missing` if it cannot be started or does not end.
    static func run(_ arguments: [String], seconds: Int64 = 60) throws(Failure) -> Result {
        var command = Subprocess.Command(arguments)
        (command.output, command.error) = (.pipe, .pipe)
        command.endsWithThread = true
        let process: Subprocess
        do throws(SystemError) {
            process = try Subprocess(command)
        } catch {
            throw Failure(.runnerMissing, "cannot be started: \(error.reason).")
        }
        let deadline = MonotonicClock.now() + seconds * 1_000_000_000
        let texts = read(process.takeOutput(), process.takeError(), until: deadline)
        if texts == nil { process.signalGroup(SIGKILL) }
        let ending = process.wait()
        guard let texts else { throw Failure(.runnerMissing, "did not end within \(seconds) s.") }
        return Result(ending: ending, output: texts[0], error: texts[1])
    }

    /// Reads two pipes to their ends; nil if `deadline` passes first.
    private static func read(
        _ output: consuming FileDescriptor, _ error: consuming FileDescriptor, until deadline: Int64
    ) -> [String]? {
        var open = [output.rawValue, error.rawValue]
        var bytes: [[UInt8]] = [[], []]
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
