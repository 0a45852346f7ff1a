import JSON
import AgentAPI
import Glibc

/// Writes a runner's events, one JSON line each.
///
/// It owns a private copy of standard output; descriptor 1 itself is pointed at standard error, so that whatever a library
/// prints cannot break the protocol.
public struct EventWriter: ~Copyable {
    private let descriptor: Int32

    /// Takes over standard output.
    public init() {
        descriptor = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
        dup2(STDERR_FILENO, STDOUT_FILENO)
    }

    deinit { close(descriptor) }

    /// Writes one event; a reader that is gone ends the process, since nobody wants the rest.
    public func write(_ event: RunnerEvent) {
        guard var line = try? WireJSON.encode(event) else {
            preconditionFailure("an event is always valid JSON")
        }
        line.append(UInt8(ascii: "\n"))
        var rest = line[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { exit(1) }
            rest = rest.dropFirst(written)
        }
    }
}
