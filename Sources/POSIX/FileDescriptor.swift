import CPOSIX
import Glibc

/// An open file, pipe or device; closed when it goes out of scope.
public struct FileDescriptor: ~Copyable, Sendable {
    /// The kernel's number for it.
    public let rawValue: Int32
    /// What errors name it by: its path, or what it is.
    public let name: String

    /// Owns `rawValue` from now on.
    public init(owning rawValue: Int32, name: String) { (self.rawValue, self.name) = (rawValue, name) }

    /// Opens a file, closed by exec; `flags` are those of open(2), and `permissions` those of a file it makes.
    public init(opening path: String, _ flags: Int32, permissions: mode_t = 0o644) throws(SystemError) {
        let found = Glibc.open(path, flags | O_CLOEXEC, permissions)
        guard found >= 0 else { throw SystemError("\(path) cannot be opened") }
        self.init(owning: found, name: path)
    }

    deinit { Glibc.close(rawValue) }

    /// Closes it now.
    public consuming func close() {}

    /// Another number for the same file: whoever takes it closes it.
    public borrowing func duplicate() throws(SystemError) -> Int32 {
        let number = fcntl(rawValue, F_DUPFD_CLOEXEC, 3)
        guard number >= 0 else { throw SystemError("\(name) cannot be opened again") }
        return number
    }

    /// Reads once, as many bytes as there are now, `buffer.count` at most; 0 at the end.
    public borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        while true {
            let count = Glibc.read(rawValue, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR else { throw SystemError("\(name) cannot be read") }
        }
    }

    /// Hands all bytes up to the end to `body`, piece by piece.
    public borrowing func readPieces(
        of size: Int = 1 << 16, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(SystemError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try read(into: buffer)
            if count == 0 { return }
            body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// All bytes up to the end.
    public borrowing func readAll() throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        try readPieces(of: 1 << 14) { bytes += $0 }
        return bytes
    }

    /// Writes all of `bytes`; throws with `EPIPE` for a pipe without a reader, if SIGPIPE is ignored.
    public borrowing func writeAll(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        try POSIX.writeAll(bytes, to: rawValue, name: name)
    }

    /// Writes all of `bytes`; throws with `EPIPE` for a pipe without a reader, if SIGPIPE is ignored.
    public borrowing func writeAll(_ bytes: [UInt8]) throws(SystemError) {
        try POSIX.writeAll(bytes, to: rawValue, name: name)
    }

    /// Waits until what was written is on the disk.
    public borrowing func synchronize() throws(SystemError) {
        guard fsync(rawValue) == 0 else { throw SystemError("\(name) cannot be written") }
    }
}

/// The two ends of a pipe, closed by exec. Each is taken out by who uses it.
public struct Pipe: ~Copyable {
    /// Where bytes come out.
    public var reading: FileDescriptor?
    /// Where bytes go in.
    public var writing: FileDescriptor?

    /// A pipe whose ends do not block if `nonblocking`.
    public init(nonblocking: Bool = false) throws(SystemError) {
        var ends: [Int32] = [0, 0]
        let status = harness_pipe(&ends, nonblocking ? 1 : 0)
        guard status == 0 else { throw SystemError("a pipe cannot be made", code: status) }
        reading = FileDescriptor(owning: ends[0], name: "a pipe")
        writing = FileDescriptor(owning: ends[1], name: "a pipe")
    }
}

/// Standard input, which belongs to the process and is never closed.
public enum StandardInput {
    /// All bytes up to its end.
    public static func readAll() throws(SystemError) -> [UInt8] {
        let number = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
        return try FileDescriptor(owning: number, name: "standard input").readAll()
    }
}

/// Standard output and standard error, which belong to the process and are never closed.
public enum StandardStream: Int32, Sendable {
    case output = 1
    case error = 2

    /// Writes all of `text` at once.
    public func write(_ text: String) throws(SystemError) { try write(Array(text.utf8)) }

    /// Writes all of `bytes` at once.
    public func write(_ bytes: [UInt8]) throws(SystemError) {
        try writeAll(bytes, to: rawValue, name: self == .output ? "standard output" : "standard error")
    }
}

/// The only loop around write(2): goes on after a signal and after a partial write.
private func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, name: String) throws(SystemError) {
    var start = 0
    while start < bytes.count {
        let count = write(descriptor, bytes.baseAddress! + start, bytes.count - start)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw SystemError("\(name) cannot be written") }
        start += count
    }
}

private func writeAll(_ bytes: [UInt8], to descriptor: Int32, name: String) throws(SystemError) {
    try bytes.withUnsafeBytes { bytes in
        Result { () throws(SystemError) in try writeAll(bytes, to: descriptor, name: name) }
    }.get()
}
