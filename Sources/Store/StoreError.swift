/// Why the database cannot be used, and what to do. Values of statements never stand in it.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A stable word for programs; open, like SQLite's own codes.
    public struct Code: RawRepresentable, Hashable, Sendable {
        public var rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        private init(_ rawValue: String) { self.rawValue = rawValue }

        public static let missing = Code("missing")
        public static let foreign = Code("foreign")
        public static let newerSchema = Code("newer-schema")
        public static let locked = Code("locked")
        public static let readOnly = Code("read-only")
        public static let diskFull = Code("disk-full")
        public static let damaged = Code("damaged")
        public static let exists = Code("exists")
        public static let notFound = Code("not-found")
        public static let failed = Code("failed")
    }

    public var code: Code
    /// What went wrong and how it may be remedied.
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(message) [\(code.rawValue)]" }
}
