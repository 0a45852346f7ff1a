/// Why the database cannot be used, and what to do. Values of statements never stand in it.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A stable word for programs.
    public enum Code: String, Sendable {
        case missing, foreign, locked, damaged, exists, failed
        case newerSchema = "newer-schema"
        case readOnly = "read-only"
        case diskFull = "disk-full"
        case notFound = "not-found"
    }

    /// What kind of problem it is.
    public var code: Code
    /// What went wrong and how it may be remedied.
    public var message: String

    /// An error with its remedy in `message`.
    public init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }

    /// The message, with the code in brackets.
    public var description: String { "\(message) [\(code.rawValue)]" }
}
