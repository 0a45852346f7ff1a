import Glibc

/// Something to `poll` for that another thread or a signal handler sets off.
public final class Wakeup: Sendable {
    private let readEnd: FileDescriptor
    private let writeEnd: FileDescriptor

    /// One that has not been set off.
    public init() throws(SystemError) {
        var pipe = try Pipe(nonblocking: true)
        guard let readEnd = pipe.reading.take(), let writeEnd = pipe.writing.take() else {
            preconditionFailure("a new pipe has both ends")
        }
        self.readEnd = readEnd
        self.writeEnd = writeEnd
    }

    /// Readable from `signal` to `clear`.
    public var descriptor: Int32 { readEnd.rawValue }

    /// Sets it off; async-signal-safe, and a full pipe is signalled already.
    public func signal() {
        var byte: UInt8 = 1
        _ = write(writeEnd.rawValue, &byte, 1)
    }

    /// Takes back what was signalled.
    public func clear() {
        var bytes: (UInt64, UInt64) = (0, 0)
        while read(readEnd.rawValue, &bytes, 16) > 0 {}
    }

    /// Blocks until it is set off.
    public func wait() {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while poll(&waiting, 1, -1) < 0, errno == EINTR {}
    }
}
