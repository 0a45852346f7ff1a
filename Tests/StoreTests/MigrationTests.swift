import FoundationEssentials
import TestSupport
import Testing

@testable import Store

/// Databases of earlier schemas, made of the migrations up to it and of the rows of the database that version 0.1.0 wrote.
@Suite struct MigrationTests {
    private static let kept = "\(Fixtures.checkout)/Tests/Golden/version-0.1.0.sqlite"
    /// The schema of version 0.1.0.
    private static let keptSchema = 10

    /// A database of schema `version` in `folder`, with everything of the kept one that it has a table and columns for.
    private func database(_ version: Int, in folder: TemporaryFolder) throws -> String {
        let path = "\(folder.path)/\(version).sqlite"
        var script = "PRAGMA foreign_keys = OFF;\n" + Schema.migrations.prefix(version).joined(separator: "\n")
        script += "ATTACH '\(Self.kept)' AS kept;\n"
        try sql(path, script + "PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = \(version);")
        let columns = try sql(
            path,
            """
            ATTACH '\(Self.kept)' AS kept;
            SELECT t.name, group_concat('"' || c.name || '"', ', ') FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
            WHERE t.type = 'table' AND EXISTS (SELECT 1 FROM kept.sqlite_schema WHERE name = t.name) GROUP BY t.name;
            """)
        var copy = "ATTACH '\(Self.kept)' AS kept;\n"
        for line in columns.split(separator: "\n") {
            let parts = line.split(separator: "|", maxSplits: 1)
            copy += "INSERT INTO \(parts[0]) (\(parts[1])) SELECT \(parts[1]) FROM kept.\(parts[0]);\n"
        }
        try sql(path, copy)
        return path
    }

    @discardableResult
    private func sql(_ path: String, _ script: String) throws -> String {
        let done = try ChildProcess.run(["sqlite3", path], input: Array(script.utf8))
        #expect(done.status == 0 && done.error == "", "\(done.error)")
        return done.output
    }

    @Test(
        "A database of every earlier schema is migrated with all its rows, and its seals hold",
        arguments: 1...MigrationTests.keptSchema)
    func earlier(version: Int) async throws {
        let folder = try TemporaryFolder()
        let path = try database(version, in: folder)
        let whole = "\(folder.path)/whole.sqlite"
        try Data(contentsOf: URL(filePath: Self.kept)).write(to: URL(filePath: whole))
        let (store, newest) = (
            try ResultsStore(path: path, mode: .existing), try ResultsStore(path: whole, mode: .existing)
        )
        let (check, expected) = (try await store.check(), try await newest.check())
        let hasSeals = version >= 6
        // Which rows a run was sealed with shows in what is there now only if nothing was left out.
        #expect(expected.problems == [] && expected.sealed == 19 && expected.unsealed == 0)
        if version == Self.keptSchema {
            #expect(check == expected)
        } else if !hasSeals {
            #expect(check.problems == [] && check.sealed == 0 && check.unsealed == 19)
        }
        let (runs, all) = (try await store.runs(.all), try await newest.runs(.all))
        #expect(runs.count == all.count)
        for (run, other) in zip(runs, all) {
            var (run, other) = (run, other)
            // What this schema could not say yet.
            if version < 2 { (run.peakDeviceBytes, other.peakDeviceBytes) = (nil, nil) }
            if version < 4 {
                (run.validity, other.validity) = (nil, nil)
                (run.scenario, other.scenario) = (.singleStream, .singleStream)
            }
            #expect(run == other)
            let (detail, known) = (try await store.run(run.id), try await newest.run(run.id))
            #expect(detail.samples == known.samples && detail.slices == known.slices && detail.phases == known.phases)
        }
        // The tables and views are the same as of a new database, in every word.
        let schema = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
        let made = "\(folder.path)/new.sqlite"
        _ = try ResultsStore(path: made, mode: .readWrite)
        #expect(try sql(path, schema) == sql(made, schema))
    }

    @Test(
        "A run sealed by schema 6 or later keeps its seal through all migrations",
        arguments: 6...MigrationTests.keptSchema)
    func sealed(version: Int) async throws {
        let folder = try TemporaryFolder()
        let path = try database(version, in: folder)
        // Seals made by what the schema has: those of the kept database cover tables that it has not.
        try sql(path, "DELETE FROM sealed_table; DELETE FROM seal;")
        do {
            let connection = try Connection(path: path, flags: 2)
            for run in try connection.rows("SELECT id FROM run", [], { $0.int64(0) }) {
                try connection.seal(run: run)
            }
        }
        let check = try await ResultsStore(path: path, mode: .existing).check()
        // Round and restart came with schema 7: older plans have none, and their dispatches no row of repeats.
        #expect(check.problems.filter { !$0.hasPrefix("table repeats") } == [] && check.sealed == 19)
    }

    @Test("Every file of the folder Migrations is a migration, in the order of their numbers")
    func files() throws {
        let folder = "\(Fixtures.checkout)/Sources/Store/Migrations"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(names.map { Int($0.prefix(4)) } == (1...names.count).map { $0 })
        let files = try names.map { String(decoding: try contents("\(folder)/\($0)"), as: UTF8.self) }
        #expect(files == Schema.migrations)
    }

    @Test("A figure that is not what the samples say is named")
    func derived() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/r.sqlite"
        let store = try ResultsStore(path: path, mode: .readWrite)
        try await store.begin(TestData.plan())
        let run = try await store.record(TestData.result(), dispatch: "d1", ordinal: 0)
        #expect(try await store.check().problems == [])
        try sql(
            path,
            "UPDATE derived_latency SET p99_ns = p99_ns + 1 WHERE figure = 'compute_ns'; DELETE FROM derived_latency WHERE figure = 'end_to_end_ns'"
        )
        let row = "table derived_latency, row with run_id \(run), figure"
        #expect(
            try await store.check().problems == [
                "\(row) compute_ns: it is not what the samples say",
                "\(row) end_to_end_ns: it is not what the samples say",
            ])
    }
}
