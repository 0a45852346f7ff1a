import CSQLite
import POSIX

/// The results database: one SQLite file, written by dispatch, read by reports and people.
///
/// Blocking work runs on the actor's own serial executor, never on the cooperative pool.
public actor ResultsStore {
    /// How a database is opened.
    public enum Mode: Sendable {
        /// Make it if it is missing, migrate it if it is older.
        case readWrite
        /// It must exist; it is migrated if it is older.
        case existing
        /// It must exist; nothing in it changes.
        case readOnly
    }

    private let executor = DatabaseExecutor()
    let connection: Connection
    /// The file.
    public nonisolated let path: String

    /// The actor runs on a queue of its own.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Opens the database at `path`.
    ///
    /// Throws `StoreError` if it is of a newer schema, foreign, damaged, read-only, locked or the disk is full.
    public init(path: String, mode: Mode) throws(StoreError) {
        self.path = path
        if mode != .readWrite, !File.exists(path) {
            throw StoreError(.missing, "\(path) does not exist: dispatch something first, or name another with --db.")
        }
        let flags = mode == .readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        connection = try Connection(path: path, flags: flags)
        try Self.recognise(connection)
        if mode != .readOnly {
            try Self.prepare(connection)
        } else if try Self.number("PRAGMA user_version", connection) < Schema.version {
            throw StoreError(
                .failed, "\(path) has an older schema: open it once for writing, for example with “harness db check”.")
        }
    }

    static func number(_ sql: String, _ connection: Connection) throws(StoreError) -> Int {
        try connection.first(sql) { $0.int(0) } ?? 0
    }

    /// Refuses what is not ours, or newer than we are.
    private static func recognise(_ connection: Connection) throws(StoreError) {
        // One statement sees one state of the file, also while another process is making it.
        let found = try connection.first(
            """
            SELECT (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_schema),
                (SELECT user_version FROM pragma_user_version)
            """
        ) { (application: $0.int(0), tables: $0.int(1), version: $0.int(2)) }
        guard let found, found.application == Int(Schema.applicationID) || (found.application == 0 && found.tables == 0)
        else {
            throw StoreError(
                .foreign, "\(connection.path) is a SQLite database, but not one of harness: choose another with --db.")
        }
        guard found.version <= Schema.version else {
            throw StoreError(
                .newerSchema,
                "\(connection.path) has schema \(found.version), this harness knows up to \(Schema.version): use a newer harness."
            )
        }
    }

    /// Closes the database now: everything is then in the one file, without a write-ahead log beside it.
    public func close() { connection.close() }

    private static func prepare(_ connection: Connection) throws(StoreError) {
        if try number("PRAGMA user_version", connection) < Schema.version {
            // A migration may rebuild a table that others refer to; this cannot be changed within a transaction.
            try connection.execute("PRAGMA foreign_keys = OFF; PRAGMA synchronous = FULL")
            try connection.transaction { () throws(StoreError) in
                // Another process may have migrated while we waited for the lock.
                let version = try number("PRAGMA user_version", connection)
                if version < Schema.version { try Schema.migrate(connection, from: version) }
            }
        }
        try connection.execute("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL")
    }
}
