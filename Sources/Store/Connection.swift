import CSQLite

/// A value of a column or of a parameter.
enum SQLValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    init(_ value: Int?) { self = value.map { .integer(Int64($0)) } ?? .null }
    init(_ value: Int64?) { self = value.map { .integer($0) } ?? .null }
    init(_ value: Double?) { self = value.map { .real($0) } ?? .null }
    init(_ value: String?) { self = value.map { .text($0) } ?? .null }
    init(_ value: Bool) { self = .integer(value ? 1 : 0) }

    /// The value as a message can show it.
    var text: String {
        switch self {
        case .null: "NULL"
        case .integer(let number): "\(number)"
        case .real(let number): "\(number)"
        case .text(let text): text
        case .blob(let bytes): "\(bytes.count) bytes"
        }
    }
}

/// One open SQLite database; used from one thread at a time, which `ResultsStore`'s actor sees to.
final class Connection {
    /// Nil once closed: SQLite then answers every call with SQLITE_MISUSE.
    private var handle: OpaquePointer?
    let path: String

    /// Opens `path` with SQLite's flags; `busyTimeoutMs` is how long to wait for another process's lock.
    init(path: String, flags: Int32, busyTimeoutMs: Int32 = 5000) throws(StoreError) {
        self.path = path
        var opened: OpaquePointer?
        let status = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard status == SQLITE_OK, let opened else {
            defer { sqlite3_close_v2(opened) }
            throw Self.error(status, opened, path)
        }
        handle = opened
        sqlite3_busy_timeout(handle, busyTimeoutMs)
    }

    deinit { close() }

    /// Closes the database now, which moves the write-ahead log into it if no other has it open.
    func close() {
        sqlite3_close_v2(handle)
        handle = nil
    }

    /// Runs statements that return nothing.
    func execute(_ sql: String) throws(StoreError) {
        let status = sqlite3_exec(handle, sql, nil, nil, nil)
        guard status == SQLITE_OK else { throw error(status) }
    }

    /// Runs one statement with parameters.
    func run(_ sql: String, _ values: [SQLValue] = []) throws(StoreError) { try runMany(sql, CollectionOfOne(values)) }

    /// Runs one statement once for each row of parameters.
    func runMany(_ sql: String, _ rows: some Sequence<[SQLValue]>) throws(StoreError) {
        let statement = try Statement(sql, self)
        for row in rows {
            try statement.bind(row)
            while try statement.step() {}
        }
    }

    /// The first row of a query through `read`; nil if it has none.
    func first<Value>(_ sql: String, _ values: [SQLValue] = [], _ read: (Row) -> Value) throws(StoreError) -> Value? {
        try rows(sql, values, read).first
    }

    /// All rows of a query, each through `read`.
    func rows<Value>(_ sql: String, _ values: [SQLValue] = [], _ read: (Row) -> Value) throws(StoreError) -> [Value] {
        let statement = try Statement(sql, self)
        try statement.bind(values)
        var result: [Value] = []
        while try statement.step() { result.append(read(Row(statement: statement.handle))) }
        return result
    }

    /// Runs `body` in a transaction that is kept whole or not at all.
    func transaction<Value>(_ body: () throws(StoreError) -> Value) throws(StoreError) -> Value {
        try execute("BEGIN IMMEDIATE")
        do throws(StoreError) {
            let value = try body()
            try execute("COMMIT")
            return value
        } catch {
            // After a full disk SQLite may have rolled back by itself; either way the first error is the one to report.
            sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
            throw error
        }
    }

    var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Copies the whole database to a new file at `target`, consistent while others write.
    func backup(to target: Connection) throws(StoreError) {
        guard let backup = sqlite3_backup_init(target.handle, "main", handle, "main") else {
            throw target.error(sqlite3_errcode(target.handle))
        }
        var status = SQLITE_OK
        var waits = 0
        repeat {
            status = sqlite3_backup_step(backup, 1024)
            if status & 0xFF == SQLITE_BUSY || status & 0xFF == SQLITE_LOCKED {
                waits += 1
                sqlite3_sleep(50)
            }
        } while status == SQLITE_OK || ((status & 0xFF == SQLITE_BUSY || status & 0xFF == SQLITE_LOCKED) && waits < 100)
        let finished = sqlite3_backup_finish(backup)
        guard status == SQLITE_DONE, finished == SQLITE_OK else {
            throw target.error(status == SQLITE_DONE ? finished : status)
        }
    }

    fileprivate func prepare(_ sql: String) throws(StoreError) -> OpaquePointer {
        var statement: OpaquePointer?
        let status = sqlite3_prepare_v2(handle, sql, -1, &statement, nil)
        guard status == SQLITE_OK, let statement else { throw error(status) }
        return statement
    }

    fileprivate func error(_ status: Int32) -> StoreError { Self.error(status, handle, path) }

    private static func error(_ status: Int32, _ handle: OpaquePointer?, _ path: String) -> StoreError {
        let reason = handle.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(status))
        switch status & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED:
            return StoreError(
                .locked, "\(path) is locked by another process: wait for it, or close the program that has it open.")
        case SQLITE_READONLY, SQLITE_PERM:
            return StoreError(
                .readOnly,
                "\(path) cannot be written: check its permissions and its folder's, or choose another with --db.")
        case SQLITE_CANTOPEN:
            return StoreError(
                .missing, "\(path) cannot be opened: does its folder exist, and may this user read and write it?")
        case SQLITE_FULL:
            return StoreError(
                .diskFull, "\(path): the disk is full. Make room and try again; nothing was half-written.")
        case SQLITE_NOTADB: return StoreError(.foreign, "\(path) is not a SQLite database: choose another with --db.")
        case SQLITE_CORRUPT:
            return StoreError(
                .damaged,
                "\(path) is damaged (\(reason)): restore a backup, or recover it with “sqlite3 \(path) .recover”.")
        case SQLITE_IOERR:
            return StoreError(.diskFull, "\(path): the disk reported an error (\(reason)): check its space and health.")
        default: return StoreError(.failed, "\(path): \(reason) (SQLite error \(status)).")
        }
    }
}

/// A prepared statement, finalised when it goes.
final class Statement {
    let handle: OpaquePointer
    private let connection: Connection

    init(_ sql: String, _ connection: Connection) throws(StoreError) {
        self.connection = connection
        handle = try connection.prepare(sql)
    }

    deinit { sqlite3_finalize(handle) }

    /// Starts over with these parameters.
    func bind(_ values: [SQLValue]) throws(StoreError) {
        sqlite3_reset(handle)
        for (index, value) in values.enumerated() { try bind(value, at: Int32(index + 1)) }
    }

    /// Starts over with all parameters NULL.
    func clear() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    /// Gives one parameter, counted from 1, its value.
    func bind(_ value: SQLValue, at position: Int32) throws(StoreError) {
        let status =
            switch value {
            case .null: sqlite3_bind_null(handle, position)
            case .integer(let value): sqlite3_bind_int64(handle, position, value)
            case .real(let value): sqlite3_bind_double(handle, position, value)
            case .text(let value): sqlite3_bind_text(handle, position, value, -1, harness_sqlite_transient())
            case .blob(let value):
                value.isEmpty
                    ? sqlite3_bind_zeroblob(handle, position, 0)
                    : sqlite3_bind_blob(handle, position, value, Int32(value.count), harness_sqlite_transient())
            }
        guard status == SQLITE_OK else { throw connection.error(status) }
    }

    /// Gives one parameter a whole number.
    func bind(_ value: Int64, at position: Int32) throws(StoreError) {
        let status = sqlite3_bind_int64(handle, position, value)
        guard status == SQLITE_OK else { throw connection.error(status) }
    }

    /// Goes to the next row; false after the last.
    func step() throws(StoreError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let status: throw connection.error(status)
        }
    }
}

/// The current row of a query; columns by position, from 0.
struct Row {
    let statement: OpaquePointer

    var count: Int32 { sqlite3_column_count(statement) }
    func name(_ column: Int32) -> String { String(cString: sqlite3_column_name(statement, column)) }
    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }

    func int(_ column: Int32) -> Int { Int(sqlite3_column_int64(statement, column)) }
    func int64(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }
    func bool(_ column: Int32) -> Bool { int(column) != 0 }
    func optionalInt(_ column: Int32) -> Int? { isNull(column) ? nil : int(column) }
    func optionalInt64(_ column: Int32) -> Int64? { isNull(column) ? nil : int64(column) }
    func double(_ column: Int32) -> Double { sqlite3_column_double(statement, column) }
    func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    /// The bytes of a text, until the next row; nil if the column has none.
    func bytes(_ column: Int32) -> UnsafeBufferPointer<UInt8>? {
        guard sqlite3_column_type(statement, column) == SQLITE_TEXT else { return nil }
        return UnsafeBufferPointer(
            start: sqlite3_column_text(statement, column), count: Int(sqlite3_column_bytes(statement, column)))
    }

    func text(_ column: Int32) -> String {
        // Its length counts, not its first NUL: a text may have been changed by more than a harness would write.
        sqlite3_column_text(statement, column).map { start in
            let count = Int(sqlite3_column_bytes(statement, column))
            return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
        } ?? ""
    }

    func blob(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(statement, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column))))
    }

    /// Every column as a value.
    var values: [SQLValue] { (0..<count).map(value) }

    /// Every column as a value with its name, for exports.
    var named: [(name: String, value: SQLValue)] {
        (0..<count).map { (name($0), value($0)) }
    }

    private func value(_ column: Int32) -> SQLValue {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: .integer(int64(column))
        case SQLITE_FLOAT: .real(sqlite3_column_double(statement, column))
        case SQLITE_TEXT: .text(text(column))
        case SQLITE_BLOB: .blob(blob(column))
        default: .null
        }
    }
}
