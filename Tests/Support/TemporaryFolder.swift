import FoundationEssentials
import Glibc
import POSIX

/// A folder of a test's own, removed when the last reference goes.
public final class TemporaryFolder: Sendable {
    /// Absolute, without a slash at the end.
    public let path: String

    /// Makes an empty one.
    public init() throws {
        path = "\(FileManager.default.temporaryDirectory.path)/harness-test-\(UUID().uuidString)"
        try Folder.make(path)
    }

    deinit { Folder.remove(path) }

    /// Writes a file below the folder and returns its path.
    @discardableResult
    public func write(_ name: String, _ text: String, executable: Bool = false) throws -> String {
        try write(name, Array(text.utf8), executable: executable)
    }

    /// Writes a file below the folder and returns its path.
    @discardableResult
    public func write(_ name: String, _ bytes: [UInt8], executable: Bool = false) throws -> String {
        let file = "\(path)/\(name)"
        try Folder.make(Folder.of(file))
        guard executable else {
            try FileDescriptor(opening: file, O_WRONLY | O_CREAT | O_TRUNC).writeAll(bytes)
            return file
        }
        // By another process: a program of a concurrent test, started while this one has the file open for writing,
        // would inherit that, and the file could not be run (ETXTBSY).
        let made = try ChildProcess.run(["install", "-m", "755", "/dev/stdin", file], input: bytes)
        guard made.status == 0 else { throw ChildProcess.Problem(message: made.error) }
        return file
    }
}

/// Size of a file; nil if there is none.
public func fileSize(_ path: String) -> Int? { File.size(path) }
