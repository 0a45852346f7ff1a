import Results
import TestSupport
import Testing

@testable import Store

@Suite struct RowCoderTests {
    @Test(
        "A property is in the column of its name in snake_case",
        arguments: [
            ("computeNs", "compute_ns"), ("manifestSHA256", "manifest_sha256"), ("maskSha256", "mask_sha256"),
            ("p90Ns", "p90_ns"), ("tvmTargetJSON", "tvm_target_json"), ("int8PerSecond", "int8_per_second"),
            ("dispatchID", "dispatch_id"), ("id", "id"),
        ])
    func names(property: String, column: String) {
        #expect(ColumnName.of(property) == column)
    }

    /// One record of each kind with all its properties, the table it is in and the columns that come from elsewhere.
    private static var records: [(table: String, record: any StoredRecord, others: Set<String>)] {
        let run = TestData.everything()
        var bundle = TestData.bundle()
        bundle.sourceCommit = "c"
        var memory = MemorySnapshot(residentBytes: 1, peakResidentBytes: 2)
        memory.deviceBytes = 3
        var sample = Sample(phase: .timed, index: 0, computeNs: 1, endToEndNs: 2)
        (sample.hostToDeviceNs, sample.deviceToHostNs) = (3, 4)
        var validity = run.validity!
        (validity.latencyNs, validity.discardedQueries) = (1, 2)
        var result = run
        result.failure = Failure(.timeLimit, "late")
        (result.conditionsJSON, result.throttling) = ("{}", "hot")
        var profile = Profile(
            createdAt: "", targetName: "", bundleManifestSHA256: "", device: "", threads: 1, calls: 1,
            profiledMedianNs: 1, plainMedianNs: 1)
        profile.peaks = Roofline(flopPerSecond: 1, int8PerSecond: 2, bytesPerSecond: 3)
        var row = Profile.Operator(FunctionTimes(function: "f", calls: 1, medianNs: 1, leastNs: 1))
        (row.kind, row.layer, row.flop, row.arithmetic, row.bytes) = ("k", "l", 1, 2, 3)
        return [
            ("bundle", bundle, []), ("dataset", TestData.dataset, []), ("board", TestData.board, ["id"]),
            ("dispatch", TestData.plan(), []), ("planned_run", TestData.plan().runs[0], ["id", "dispatch_id"]),
            ("run", result, ["id", "planned_run_id", "board_id"]), ("run_health", TestData.health, ["run_id"]),
            ("run_window", run.windows[1], ["run_id"]),
            ("phase", Phase(.load, durationNs: 1, memory: memory), ["run_id", "position"]),
            ("sample", sample, ["run_id"]), ("query", run.queries[0], ["run_id"]),
            ("slice", run.slices[0], ["run_id", "position"]), ("mask", run.masks[0], ["run_id"]),
            ("judgement", validity, ["run_id", "verdict"]),
            ("invalid_reason", validity.reasons[0], ["run_id", "position"]),
            ("profile", profile, ["id", "board_id"]), ("profile_operator", row, ["profile_id", "position"]),
            (
                "derived_latency",
                DerivedLatency(
                    figure: "compute_ns",
                    figures: LatencyFigures(samples: 1, medianNs: 1, p90Ns: 1, p99Ns: 1, maxNs: 1)), ["run_id"]
            ),
        ]
    }

    @Test("Every property of every record has a column, and every column that must not be NULL a property")
    func complete() throws {
        let folder = try TemporaryFolder()
        _ = try ResultsStore(path: "\(folder.path)/r.sqlite", mode: .readWrite)
        let connection = try Connection(path: "\(folder.path)/r.sqlite", flags: 2)
        try connection.execute("PRAGMA foreign_keys = OFF")
        for (table, record, others) in Self.records {
            try check(record, table, others, connection)
        }
        let known = Set(Self.records.map(\.table)).union([
            // Written by statements of their own: a picture is a row in each of two tables.
            "slice_image", "prediction",
            // Computed, and compared with what is computed anew.
            "seal", "sealed_table", "repeats",
        ])
        let tables = try Schema.tables(connection)
        #expect(known == Set(tables))
    }

    private func check<Record: StoredRecord>(
        _ record: Record, _ table: String, _ others: Set<String>, _ connection: Connection
    ) throws {
        let columns = try connection.columns(of: table)
        let statement = try Statement(
            "SELECT \(columns.map { "? AS \"\($0.name)\"" }.joined(separator: ", "))", connection)
        statement.clear()
        // A property without a column is thrown.
        try record.encode(to: RowEncoder(statement, table: table, columns: columns.map(\.name), Record.self))
        #expect(try statement.step())
        let row = Row(statement: statement.handle)
        for (place, column) in columns.enumerated() where !others.contains(column.name) {
            #expect(!column.isRequired || !row.isNull(Int32(place)), "\(table).\(column.name) has no property")
        }
        let decoded = try Record(from: RowDecoder(row, Record.self))
        let again = try Statement("SELECT \(columns.map { "? AS \"\($0.name)\"" }.joined(separator: ", "))", connection)
        again.clear()
        try decoded.encode(to: RowEncoder(again, table: table, columns: columns.map(\.name), Record.self))
        #expect(try again.step())
        #expect(Row(statement: again.handle).values == row.values, "\(table) is read back as it was written")
    }

    private struct Stray: StoredRecord {
        var phase = RunPhase.timed
        var energyNj = 1
    }

    @Test("A property without a column is an error that names both, when it is written and when it is read")
    func stray() throws {
        let folder = try TemporaryFolder()
        _ = try ResultsStore(path: "\(folder.path)/r.sqlite", mode: .readWrite)
        let connection = try Connection(path: "\(folder.path)/r.sqlite", flags: 2)
        let written = caught(StoreError.self) { try connection.insert(Stray(), into: "sample") }
        #expect(written?.message.contains("Stray.energyNj: table sample has no column energy_nj") == true)
        let read = caught(StoreError.self) { try connection.records(Stray.self, "SELECT 'timed' AS phase") }
        #expect(read?.message.contains("Stray.energyNj has no column energy_nj") == true)
    }

    @Test("A word that no enumeration knows, and a NULL where there must be a value, are told as damage")
    func damaged() throws {
        let folder = try TemporaryFolder()
        let connection = try Connection(path: "\(folder.path)/r.sqlite", flags: 6)
        for row in ["'gone', 1", "NULL, 1", "'timed', NULL"] {
            let error = caught(StoreError.self) {
                try connection.records(
                    Stray.self, "SELECT * FROM (SELECT NULL AS phase, 1 AS energy_nj LIMIT 0) UNION ALL SELECT \(row)")
            }
            #expect(error?.code == .damaged, "\(row)")
        }
    }
}
