import Results
import Statistics
import TestSupport
import Testing

@testable import Store

@Suite struct ResultsStoreTests {
    private let folder: TemporaryFolder
    private var path: String { "\(folder.path)/r.sqlite" }

    init() throws { folder = try TemporaryFolder() }

    /// The database, with a dispatch that is to be measured.
    private func begun(_ plan: DispatchPlan = TestData.plan()) async throws -> ResultsStore {
        let store = try ResultsStore(path: path, mode: .readWrite)
        try await store.begin(plan)
        return store
    }

    @Test("What is recorded is read back, every sample and every byte")
    func roundTrip() async throws {
        let store = try await begun()
        let id = try await store.record(TestData.result(), dispatch: "d1", ordinal: 0)
        let detail = try await store.run(id)
        let result = TestData.result()
        #expect(detail.samples.count == result.samples.count && Set(detail.samples) == Set(result.samples))
        #expect(detail.phases == result.phases)
        #expect(detail.slices == result.slices)
        #expect(detail.pictures == result.pictures)
        #expect(detail.bundle == TestData.bundle())
        #expect(detail.dataset == TestData.dataset)
        #expect(detail.board == TestData.board)
        #expect(detail.jobID == "d1-0-1" && detail.warmUpReason == "stable" && detail.maxResidentBytes == 7000)
    }

    @Test("The view's percentiles, memory and Dice are those of Statistics")
    func summary() async throws {
        let store = try await begun(TestData.plan(runs: 4))
        var generator = SplitMix64(seed: 4)
        for (ordinal, count) in [1, 2, 101, 640].enumerated() {
            let samples = (0..<count).map { _ in Int64(generator.index(below: 50) + 1) }
            try await store.record(TestData.result("j\(ordinal)", samples: samples), dispatch: "d1", ordinal: ordinal)
            let run = try #require(try await store.runs(.all).first)
            let expected = try #require(LatencySummary(samples))
            #expect(run.samples == count)
            #expect(run.medianNs == expected.median && run.p90Ns == expected.p90 && run.p99Ns == expected.p99)
        }
        let run = try #require(try await store.runs(.all).first)
        #expect(run.peakResidentBytes == 5000 && run.modelMemoryBytes == 4000)
        let dice = try #require(DiceSummary(TestData.result().slices.map { ($0.patient, $0.counts) }))
        #expect(abs((run.dicePatientMean ?? 0) - dice.patientMean) < 1e-12)
        #expect(run.synthetic && !run.emulated)
    }

    @Test("A plan's runs are open until they have ended; one that was lost is open again, with the next attempt")
    func open() async throws {
        let store = try await begun(TestData.plan(runs: 3))
        #expect(try await store.openRuns(ofDispatch: "d1").map(\.attempt) == [1, 1, 1])
        try await store.record(TestData.result("a"), dispatch: "d1", ordinal: 0)
        try await store.record(TestData.result("b", outcome: .lost), dispatch: "d1", ordinal: 1)
        try await store.record(TestData.result("c", outcome: .timedOut), dispatch: "d1", ordinal: 2)
        let open = try await store.openRuns(ofDispatch: "d1")
        #expect(open.map(\.planned.ordinal) == [1] && open.map(\.attempt) == [2])
        #expect(try await store.unfinishedDispatch(id: nil)?.id == "d1")
        try await store.record(TestData.result("b2", attempt: 2), dispatch: "d1", ordinal: 1)
        #expect(try await store.unfinishedDispatch(id: nil) == nil)
        #expect(try await store.runs(.all).count == 4)
    }

    @Test("The newest dispatch is continued, or the one that is named")
    func unfinished() async throws {
        let store = try await begun(TestData.plan("old", createdAt: "2026-01-01T00:00:00Z"))
        try await store.begin(TestData.plan("new", createdAt: "2026-01-02T00:00:00Z"))
        #expect(try await store.unfinishedDispatch(id: nil)?.id == "new")
        let old = try #require(try await store.unfinishedDispatch(id: "old"))
        #expect(old == TestData.plan("old", createdAt: "2026-01-01T00:00:00Z"))
        #expect(try await store.unfinishedDispatch(id: "none") == nil)
    }

    @Test("A run that is reported twice is stored once")
    func twice() async throws {
        let store = try await begun()
        let first = try await store.record(TestData.result(), dispatch: "d1", ordinal: 0)
        #expect(try await store.record(TestData.result(), dispatch: "d1", ordinal: 0) == first)
        #expect(try await store.runs(.all).count == 1)
    }

    @Test("The latest run of each target and bundle is found")
    func latest() async throws {
        let store = try await begun()
        try await store.record(TestData.result("a"), dispatch: "d1", ordinal: 0)
        let newer = try await store.record(TestData.result("b"), dispatch: "d1", ordinal: 1)
        #expect(try await store.runs(.latest).map(\.id) == [newer])
        try await store.begin(TestData.plan("d2", runs: 1))
        try await store.record(TestData.result("c", outcome: .lost), dispatch: "d2", ordinal: 0)
        #expect(try await store.runs(.latest).map(\.id) == [newer], "a run that was lost says nothing")
        #expect(try await store.runs(.dispatch("d1")).count == 2)
        #expect(try await store.runs(.dispatch("none")).isEmpty)
    }

    @Test("Copies to a GPU and back, device memory and the board's state are kept, and have their medians")
    func gpu() async throws {
        let store = try await begun()
        var result = TestData.result()
        for index in result.samples.indices where result.samples[index].phase == .timed {
            result.samples[index].hostToDeviceNs = Int64(10 * (index + 1))
            result.samples[index].deviceToHostNs = Int64(100 - 10 * index)
        }
        result.phases[1].memory?.deviceBytes = 300
        result.phases[2].memory?.deviceBytes = 200
        result.conditionsJSON = "{}"
        result.throttling = "sw-power-cap"
        let run = try await store.record(result, dispatch: "d1", ordinal: 0)
        let detail = try await store.run(run)
        #expect(detail.samples == result.samples && detail.phases == result.phases)
        #expect(detail.conditionsJSON == "{}" && detail.throttling == "sw-power-cap")
        #expect(detail.summary.peakDeviceBytes == 300 && detail.board?.model == "Board")
        let query = "SELECT host_to_device_median_ns, device_to_host_median_ns, throttling FROM run_summary"
        #expect(try ChildProcess.run(["sqlite3", path, query]).output == "35.0|75.0|sw-power-cap\n")
    }

    @Test("A run's health comes back as it was stored; what was not read is NULL")
    func health() async throws {
        let store = try await begun(TestData.plan(runs: 3))
        var (whole, empty) = (TestData.result(), TestData.result("d1-1-1"))
        whole.health = TestData.health
        empty.health = Health(HealthReadings(windowNs: 9), degraded: nil, limits: HealthLimits())
        let ids = [
            try await store.record(whole, dispatch: "d1", ordinal: 0),
            try await store.record(empty, dispatch: "d1", ordinal: 1),
            try await store.record(TestData.result("d1-2-1"), dispatch: "d1", ordinal: 2),
        ]
        #expect(try await store.run(ids[0]).health == whole.health)
        #expect(try await store.run(ids[1]).health == empty.health)
        #expect(try await store.run(ids[2]).health == nil)
        let query = "SELECT count(*), count(degraded), count(cycles), count(throttling) FROM run_health"
        #expect(try ChildProcess.run(["sqlite3", path, query]).output == "2|1|1|1\n")
        #expect(try await store.check().problems == [])
    }

    @Test("A database of the first schema is migrated with all its rows, and not by one who only reads")
    func migrated() async throws {
        // What the first release wrote, by SQLite's own program.
        let rows = """
            INSERT INTO bundle VALUES ('b', 'n', 'unet', 'fp32', 8, 4, 10, NULL, 'x86', 'x86_64', '{}', '0.27.0', 'm', 5, 0.5,
                'phantom', 1, NULL, NULL, NULL, NULL, '2026-01-01T00:00:00Z', '{}');
            INSERT INTO dispatch VALUES ('d', '2026-01-01T00:00:00Z', '0.1.0', NULL, '[]', NULL, NULL);
            INSERT INTO planned_run VALUES (1, 'd', 0, 'x86', 'b', '{}');
            INSERT INTO board VALUES (1, 'i', '1', 'CPU', 'x86_64', 2, NULL, NULL, '6', NULL, NULL, 0, NULL, '{}');
            INSERT INTO run VALUES (1, 1, 1, 'j', 'succeeded', NULL, NULL, '2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z', 1,
                'cpu:0', NULL, 2, 1, 'stable', 0, 0, NULL, NULL);
            INSERT INTO phase VALUES (1, 0, 'timed', 3, 4, 5);
            INSERT INTO sample VALUES (1, 'timed', 0, 7, 8);
            """
        let head = "PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = 1;"
        let made = try ChildProcess.run(["sqlite3", path], input: Array((Schema.migrations[0] + rows + head).utf8))
        #expect(made.status == 0 && made.error == "", "\(made.error)")
        let refused = caught(StoreError.self) { try ResultsStore(path: path, mode: .readOnly) }
        #expect(refused?.message.contains("older schema") == true)
        let store = try ResultsStore(path: path, mode: .existing)
        #expect(try await store.check().problems == [])
        let run = try await store.run(1)
        #expect(run.samples == [Sample(phase: .timed, index: 0, computeNs: 7, endToEndNs: 8)])
        #expect(run.board?.cpuModel == "CPU" && run.board?.model == nil && run.summary.medianNs == 7)
        #expect(run.throttling == nil && run.phases[0].memory?.deviceBytes == nil)
        #expect(run.bundle.runner == "tvm" && run.bundle.frameworkVersion == "0.27.0")
        #expect(try await ResultsStore(path: path, mode: .readOnly).runs(.all) == store.runs(.all))
    }

    @Test("A database of schema 3, a real file, is migrated: its runs are single-stream and not judged")
    func withoutScenarios() async throws {
        let rows = """
            INSERT INTO bundle VALUES ('b', 'n', 'unet', 'fp32', 8, 4, 10, NULL, 'x86', 'x86_64', '{}', '0.27.0', 'm', 5, 0.5,
                'phantom', 1, NULL, NULL, NULL, NULL, '2026-01-01T00:00:00Z', '{}', 'tvm', '0.27.0');
            INSERT INTO dispatch VALUES ('d', '2026-01-01T00:00:00Z', '0.1.0', NULL, '[]', NULL, NULL);
            INSERT INTO planned_run VALUES (1, 'd', 0, 'x86', 'b', '{}');
            INSERT INTO run VALUES (1, 1, 1, 'j', 'succeeded', NULL, NULL, '2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z', NULL,
                'cpu:0', NULL, 2, 1, 'stable', 0, 0, NULL, NULL, NULL, NULL);
            INSERT INTO sample VALUES (1, 'timed', 0, 7, 8, NULL, NULL);
            """
        let head = "PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = 3;"
        let old = Schema.migrations.prefix(3).joined(separator: "\n")
        let made = try ChildProcess.run(["sqlite3", path], input: Array((old + rows + head).utf8))
        #expect(made.status == 0 && made.error == "", "\(made.error)")
        let store = try ResultsStore(path: path, mode: .existing)
        #expect(try await store.check().problems == [])
        let run = try await store.run(1)
        #expect(run.summary.scenario == .singleStream && run.summary.isValid == nil)
        #expect(run.validity == nil && run.queries.isEmpty && run.summary.medianNs == 7)
        let query = "SELECT scenario, verdict IS NULL FROM run_summary; PRAGMA user_version"
        #expect(try ChildProcess.run(["sqlite3", path, query]).output == "single-stream|1\n\(Schema.version)\n")
    }

    @Test("Queries and a judgement with its reasons are read back, and every summary has them")
    func judged() async throws {
        let store = try await begun()
        let result = TestData.everything()
        let run = try await store.record(result, dispatch: "d1", ordinal: 0)
        let detail = try await store.run(run)
        #expect(detail.validity == result.validity && detail.queries == result.queries)
        #expect(detail.summary.scenario == .server && detail.summary.isValid == false)
        let query =
            "SELECT scenario, verdict, invalid_reasons, result_samples_per_second, queries, unanswered_queries FROM run_summary"
        #expect(try ChildProcess.run(["sqlite3", path, query]).output == "server|INVALID|too few; one|12.5|2|1\n")
        // The newest of another scenario does not take its place.
        let other = try await store.record(TestData.result("d1-1-1"), dispatch: "d1", ordinal: 1)
        #expect(try await store.runs(.latest).map(\.id).sorted() == [run, other])
    }

    @Test("A bundle for another runner keeps its runner and its framework's version, and every summary has them")
    func otherRunner() async throws {
        var plan = TestData.plan(runs: 1)
        plan.bundles[0].tvmVersion = ""
        plan.bundles[0].runner = "pytorch"
        plan.bundles[0].frameworkVersion = "2.13.0"
        let store = try await begun(plan)
        let run = try await store.record(TestData.result(), dispatch: "d1", ordinal: 0)
        #expect(try await store.run(run).bundle == plan.bundles[0])
        let query = "SELECT runner, framework_version FROM run_summary"
        #expect(try ChildProcess.run(["sqlite3", path, query]).output == "pytorch|2.13.0\n")
    }

    @Test("CSV quotes what needs it, and JSON is what a JSON parser reads")
    func export() async throws {
        let store = try await begun()
        try await store.record(TestData.result(), dispatch: "d1", ordinal: 0)
        let csv = String(decoding: try await store.export(.all, as: .csv), as: UTF8.self)
        let lines = csv.split(separator: "\r\n")
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("run_id,dispatch_id,ordinal"))
        #expect(lines[1].hasSuffix("\"a, \"\"label\"\"\""))
        let json = try await store.export(.all, as: .json)
        let parsed = try ChildProcess.run(
            ["python3", "-c", "import json,sys; print(json.load(sys.stdin)[0]['label'])"], input: json)
        #expect(parsed.output == "a, \"label\"\n")
    }

    @Test("A sound database has no problems, and a row that was removed is named")
    func check() async throws {
        let store = try await begun()
        try await store.record(TestData.result(), dispatch: "d1", ordinal: 0)
        #expect(try await store.check().problems == [])
        let edit = try ChildProcess.run([
            "sqlite3", path, "DELETE FROM sample WHERE phase='timed' AND sample_index=1; DELETE FROM board",
        ])
        #expect(edit.status == 0)
        let problems = try await store.check().problems
        #expect(problems.contains { $0.contains("refers to a row of board") })
        #expect(problems.contains { $0.contains("3 of 4 samples of phase timed") })
    }

    @Test("A backup is a whole database, and never overwrites")
    func backup() async throws {
        let store = try await begun()
        try await store.record(TestData.result(), dispatch: "d1", ordinal: 0)
        let copy = "\(folder.path)/copy.sqlite"
        try await store.backup(to: copy)
        #expect(try await ResultsStore(path: copy, mode: .readOnly).runs(.all) == store.runs(.all))
        let failed = await caught(StoreError.self) { try await store.backup(to: copy) }
        #expect(failed?.code == .exists)
        #expect(
            try ChildProcess.run(["ls", folder.path]).output == "copy.sqlite\nr.sqlite\nr.sqlite-shm\nr.sqlite-wal\n")
    }

    @Test("Every table, view and column stands in docs/schema.md")
    func documented() async throws {
        _ = try ResultsStore(path: path, mode: .readWrite)
        let text = String(decoding: try contents("\(Fixtures.checkout)/docs/schema.md"), as: UTF8.self)
        let query =
            "SELECT m.name || '.' || p.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS p WHERE m.type IN ('table', 'view')"
        let columns = try ChildProcess.run(["sqlite3", path, query]).output.split(separator: "\n")
        #expect(columns.count > 100)
        for column in columns {
            let parts = column.split(separator: ".")
            guard let start = text.firstRange(of: "### `\(parts[0])`") else {
                Issue.record("\(parts[0]) is not in docs/schema.md")
                continue
            }
            let section = text[start.upperBound...].split(separator: "\n### ", maxSplits: 1)[0]
            #expect(section.contains("`\(parts[1])`"), "\(column)")
        }
    }
}
