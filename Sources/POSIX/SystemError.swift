import Glibc

/// A system call that failed: what could not be done, why, and how it may be remedied.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call's `errno`.
    public var code: Int32
    /// What could not be done, with the path: `/data/lock cannot be opened`.
    public var problem: String

    /// An error with `errno` as it is now, unless `code` is given.
    public init(_ problem: String, code: Int32 = errno) { (self.code, self.problem) = (code, problem) }

    /// Whether a file system has no room left.
    public var isDiskFull: Bool { code == ENOSPC || code == EDQUOT }

    /// The C library's text for `code`.
    public var reason: String { Self.reason(code) }

    /// The C library's text for an `errno`.
    public static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }

    /// What may be done about it; empty where the code alone does not suffice.
    public var remedy: String {
        switch code {
        case ENOSPC, EDQUOT: "Make room and try again."
        case EACCES, EPERM: "Give this user access, or choose another path."
        case ENOENT: "Is the path right?"
        case EROFS: "The file system is read-only: choose another path."
        case EMFILE, ENFILE: "Raise the limit of open files (ulimit -n)."
        case EIO: "Is the disk failing? See “dmesg”."
        default: ""
        }
    }

    /// `/data/lock cannot be opened: Permission denied. Give this user access, or choose another path.`
    public var description: String { "\(problem): \(reason)." + (remedy.isEmpty ? "" : " \(remedy)") }
}
