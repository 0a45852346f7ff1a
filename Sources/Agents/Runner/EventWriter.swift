import POSIX
import JSON
import AgentAPI
import Glibc

/// Writes a runner's events, one JSON line each.
///
/// It owns a private copy of standard output; descriptor 1 itself is pointed at standard error, so that whatever a library
/// prints cannot break the protocol.
public struct EventWriter: ~Copyable {
    private let output: FileDescriptor

    /// Takes over standard output.
    public init() {
        output = FileDescriptor(owning: fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), name: "standard output")
        dup2(STDERR_FILENO, STDOUT_FILENO)
    }

    /// Writes one event; a reader that is gone ends the process, since the rest has no reader.
    public func write(_ event: RunnerEvent) {
        guard var line = try? WireJSON.encode(event) else { preconditionFailure("events always encode") }
        line.append(UInt8(ascii: "\n"))
        do throws(SystemError) { try output.writeAll(line) } catch { exit(1) }
    }
}
