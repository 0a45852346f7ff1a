import Glibc

/// SIGTERM and SIGINT, turned into a byte in a pipe that the agent waits for.
///
/// A handler instead of `sigwait`: Dispatch's threads do not keep to a mask set before they start.
enum StopSignal {
    private static let ends: (read: Int32, write: Int32) = {
        var ends: [Int32] = [0, 0]
        precondition(pipe(&ends) == 0, "no pipe for signals")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }()

    /// From now on these signals are kept for `wait`.
    static func install() {
        _ = ends
        for number in [SIGTERM, SIGINT] { signal(number) { _ in StopSignal.send() } }
    }

    /// Does what a signal does; only `write`, which is async-signal-safe.
    static func send() {
        var byte: UInt8 = 1
        _ = write(ends.write, &byte, 1)
    }

    /// Blocks until a signal came.
    static func wait() {
        var byte: UInt8 = 0
        while read(ends.read, &byte, 1) < 0, errno == EINTR {}
    }
}
