import Foundation
import Statistics
@testable import Store
import TestSupport
import Testing

/// Seals, against real tampering with a real file.
@Suite struct SealTests {
    private let folder: TemporaryFolder
    private var path: String { "\(folder.path)/r.sqlite" }

    init() throws { folder = try TemporaryFolder() }

    /// Two runs with a row in every table.
    private func fill() async throws {
        let store = try ResultsStore(path: path, mode: .readWrite)
        try await store.begin(TestData.plan())
        for ordinal in 0..<2 {
            try await store.record(TestData.everything("d1-\(ordinal)-1"), dispatch: "d1", ordinal: ordinal)
        }
        try await store.summariseRepeats(ofDispatch: "d1")
        await store.close()
    }

    /// Changes a copy of the database by hand, as somebody with the sqlite3 program would, and checks it.
    private func check(after sql: String) async throws -> DatabaseCheck {
        let copy = "\(folder.path)/copy.sqlite"
        try? FileManager.default.removeItem(atPath: copy)
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        let edit = try ChildProcess.run(["sqlite3", copy, "PRAGMA ignore_check_constraints = ON; \(sql)"])
        #expect(edit.status == 0, "\(sql): \(edit.error)")
        let store = try ResultsStore(path: copy, mode: .readOnly)
        let result = try await store.check()
        await store.close()
        return result
    }

    /// Of all tables but those of profiles, which are no runs.
    private func columns() throws -> [(table: String, column: String, type: String)] {
        try ChildProcess.run([
            "sqlite3", path,
            """
            SELECT m.name, p.name, p.type FROM sqlite_schema AS m, pragma_table_info(m.name) AS p
            WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'profile%'
            """,
        ]).output.split(separator: "\n").map { line in
            let parts = line.split(separator: "|").map(String.init)
            return (parts[0], parts[1], parts[2])
        }
    }

    @Test("What was written is what was sealed, and a run shows its digest")
    func sound() async throws {
        try await fill()
        let seal = try await ResultsStore(path: path, mode: .readOnly).run(1).seal
        #expect(seal.map { $0.count == 64 } == true)
        let check = try await check(after: "")
        #expect(check == DatabaseCheck(problems: [], sealed: 2, unsealed: 0))
    }

    @Test("A change in any column of any table is found, and its table named")
    func everyColumn() async throws {
        try await fill()
        let columns = try columns()
        #expect(columns.count > 150)
        for (table, column, type) in columns {
            let value =
                switch type {
                case "TEXT": "coalesce(\(column), '') || '?'"
                case "BLOB": "CAST(x'21' || coalesce(\(column), x'') AS BLOB)"
                case "REAL": "coalesce(\(column), 0) + 0.5"
                default: "coalesce(\(column), 0) + 100"
                }
            let problems = try await check(after: "UPDATE \(table) SET \(column) = \(value)").problems
            #expect(!problems.isEmpty, "\(table).\(column): TestData.everything has no row of it, or it is not sealed")
            // A key that was changed can leave rows that belong to no run any more.
            let isKey = column == "id" || column.hasSuffix("_id") || column.hasSuffix("sha256")
            #expect(isKey || problems.contains { $0.contains("table \(table)") }, "\(table).\(column): \(problems)")
        }
    }

    @Test("The row is named by its key, of many ten; one that was added and one that is gone, too")
    func named() async throws {
        try await fill()
        let sample = "run_id = 2 AND phase = 'timed' AND sample_index = 2"
        let changed = try await check(after: "UPDATE sample SET compute_ns = 1 WHERE \(sample)").problems
        #expect(
            changed.first
                == "run 2: table sample, row with run_id 2, phase timed, sample_index 2: it is not what was sealed")
        // What was computed from the sample is not what it would be now.
        #expect(
            changed.count == 3 && changed[2].hasPrefix("table repeats, row with dispatch_id d1")
                && changed[1]
                    == "table derived_latency, row with run_id 2, figure compute_ns: it is not what the samples say"
        )
        let gone = try await check(after: "DELETE FROM slice WHERE run_id = 1 AND position = 1").problems
        #expect(gone == ["run 1: table slice: the row that was number 2 by its key is missing"])
        let added = try await check(after: "INSERT INTO invalid_reason VALUES (1, 7, 'code', 'why')").problems
        #expect(added == ["run 1: table invalid_reason, row with run_id 1, position 7: it is not what was sealed"])
        let shared = try await check(after: "UPDATE bundle SET threshold = 0.4").problems
        #expect(shared.count == 1 && shared[0].hasSuffix("it is not what was sealed with run 1, 2"))
        let query = "WITH RECURSIVE n (i) AS (SELECT 10 UNION SELECT i + 1 FROM n WHERE i < 99)"
        let many = try await check(after: "\(query) INSERT INTO query SELECT 1, i, i, i FROM n").problems
        #expect(many.count == 11 && many.last == "run 1: table query: and 80 more rows")
    }

    @Test("A seal that is missing, or was forged without its rows, is reported")
    func seals() async throws {
        try await fill()
        #expect(
            try await check(after: "DELETE FROM seal WHERE run_id = 2").problems.contains(
                "run 2: table seal: its row is missing"))
        let all = try await check(after: "DELETE FROM sealed_table; DELETE FROM seal").problems
        #expect(all == ["run 1: table seal: its row is missing", "run 2: table seal: its row is missing"])
        let forged = try await check(after: "UPDATE seal SET sha256 = 'a' WHERE run_id = 1").problems
        #expect(
            forged == ["run 1: table seal: its digest is not that of the run's rows, which are as they were sealed"])
    }

    @Test("Columns and tables that a later schema adds break no seal, and runs from before there were any are no alarm")
    func otherSchemas() async throws {
        try await fill()
        let later =
            "ALTER TABLE run ADD COLUMN later TEXT; CREATE TABLE more (run_id INTEGER PRIMARY KEY, a TEXT) STRICT"
        #expect(try await check(after: later).problems == [])
        let earlier = try await check(
            after:
                "DELETE FROM sealed_table; DELETE FROM seal; UPDATE planned_run SET round = NULL; DELETE FROM repeats")
        #expect(earlier == DatabaseCheck(problems: [], sealed: 0, unsealed: 2))
    }

    @Test("A page that was overwritten is SQLite's to tell")
    func damaged() async throws {
        try await fill()
        let file = try FileHandle(forUpdating: URL(filePath: path))
        // Whole pages, after those of the schema and of the first tables.
        try file.seek(toOffset: 4096 * 12)
        try file.write(contentsOf: [UInt8](repeating: 0xA5, count: 4096 * 12))
        try file.close()
        do {
            #expect(!(try await check(after: "").problems.isEmpty))
        } catch let error as StoreError {
            #expect(error.code == .damaged)
        }
    }
}
