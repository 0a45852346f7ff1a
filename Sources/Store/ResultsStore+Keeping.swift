import CSQLite
import FoundationEssentials
import Glibc
import POSIX
import Text

extension ResultsStore {
    /// Size, versions and numbers of rows.
    public func info() throws(StoreError) -> DatabaseInfo {
        func number(_ sql: String) throws(StoreError) -> Int { try Self.number(sql, connection) }
        return DatabaseInfo(
            schemaVersion: try number("PRAGMA user_version"), sqliteVersion: String(cString: sqlite3_libversion()),
            sizeBytes: try number("PRAGMA page_count") * number("PRAGMA page_size"),
            tables: try Schema.tables(connection).map { (table) throws(StoreError) in
                .init(name: table, rows: try number("SELECT count(*) FROM \"\(table)\""))
            })
    }

    /// Looks for what is wrong with the database: SQLite's own integrity check, every foreign key, that succeeded runs are whole, and
    /// every run's seal.
    public func check() throws(StoreError) -> DatabaseCheck {
        var problems = try connection.rows("PRAGMA integrity_check") { $0.text(0) }.filter { $0 != "ok" }
        // A table's rows at once: where a run is missing, all its samples say so.
        problems += try connection.rows(
            """
            SELECT "table", parent, count(*), max(rowid) FROM pragma_foreign_key_check GROUP BY "table", parent
            """
        ) { row in
            let count = row.int(2)
            let place = row.optionalText(3).map { ", row \($0)" } ?? ""
            return count == 1
                ? "table \(row.text(0))\(place): refers to a row of \(row.text(1)) that does not exist"
                : "table \(row.text(0)): \(count) rows refer to rows of \(row.text(1)) that do not exist"
        }
        problems += try connection.rows(
            """
            SELECT id FROM run WHERE outcome = 'succeeded'
            AND NOT EXISTS (SELECT 1 FROM sample WHERE run_id = run.id AND phase = 'timed')
            """
        ) { "run \($0.int(0)) succeeded but has no timed sample" }
        problems += try connection.rows(
            """
            SELECT run_id, phase, count(*), max(sample_index) + 1 FROM sample GROUP BY run_id, phase
            HAVING count(*) <> max(sample_index) + 1
            """
        ) { "run \($0.int(0)): \($0.int(2)) of \($0.int(3)) samples of phase \($0.text(1)) are there" }
        var check = DatabaseCheck(problems: problems, sealed: 0, unsealed: 0)
        do throws(StoreError) {
            let seals = try checkSeals()
            (check.sealed, check.unsealed) = (seals.sealed, seals.unsealed)
            check.problems += seals.problems
            check.problems += try DerivedLatency.check(connection)
            check.problems += try checkRepeats()
        } catch {
            // The damage is reported already; that the seals cannot be read must not hide it.
            if problems.isEmpty { throw error }
            check.problems.append("the seals cannot be checked: \(error.message)")
        }
        return check
    }

    /// Copies the database to a new file, whole or not at all; throws `exists` if there is one.
    public func backup(to target: String) throws(StoreError) {
        guard !File.exists(target) else {
            throw StoreError(.exists, "\(target) exists: remove it, or choose another name.")
        }
        let temporary = "\(target).\(getpid()).new"
        do throws(StoreError) {
            let copy = try Connection(path: temporary, flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
            try connection.backup(to: copy)
            // A copy to keep is one file: no write-ahead log beside it.
            try copy.execute("PRAGMA journal_mode = DELETE")
        } catch {
            unlink(temporary)
            throw error
        }
        guard link(temporary, target) == 0 else {
            let error = SystemError("\(target) cannot be made")
            unlink(temporary)
            throw StoreError(.exists, error.description)
        }
        unlink(temporary)
    }

    /// The view `run_summary` for `filter`, as CSV (RFC 4180) or JSON; columns as docs/schema.md names them.
    public func export(_ filter: RunFilter, as format: ExportFormat) throws(StoreError) -> [UInt8] {
        let ids = try runs(filter).map(\.id)
        let rows = try connection.rows("SELECT * FROM run_summary ORDER BY run_id") { $0.named }
            .filter { row in
                if case .integer(let id) = row[0].value { ids.contains(id) } else { false }
            }
        return Array(format.text(rows).utf8)
    }
}

/// How runs are exported.
public enum ExportFormat: String, Sendable, CaseIterable {
    case json
    case csv

    fileprivate func text(_ rows: [[(name: String, value: SQLValue)]]) -> String {
        switch self {
        case .csv: Self.csv(rows)
        case .json:
            "["
                + rows.map { row in
                    let members = row.map {
                        "\(Self.quoted($0.name)): \(Self.text($0.value, null: "null", Self.quoted))"
                    }
                    return "{" + members.joined(separator: ", ") + "}"
                }.joined(separator: ",\n ") + "]\n"
        }
    }

    private static func csv(_ rows: [[(name: String, value: SQLValue)]]) -> String {
        guard let first = rows.first else { return "" }
        let lines = [first.map(\.name)] + rows.map { row in row.map { text($0.value, null: "", Escape.csv) } }
        return lines.map { $0.joined(separator: ",") + "\r\n" }.joined()
    }

    private static func text(_ value: SQLValue, null: String, _ escape: (String) -> String) -> String {
        switch value {
        case .null, .blob: null
        case .text(let text): escape(text)
        case .integer, .real: value.text
        }
    }

    private static func quoted(_ text: String) -> String {
        (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}
