import Store
import TestSupport
import Testing

/// Everything that can be wrong with a database file, for real.
@Suite struct FailureTests {
    private let folder: TemporaryFolder
    private var path: String { "\(folder.path)/r.sqlite" }

    init() throws { folder = try TemporaryFolder() }

    private func code(_ mode: ResultsStore.Mode = .readWrite) -> StoreError.Code? {
        do throws(StoreError) {
            _ = try ResultsStore(path: path, mode: mode)
            return nil
        } catch {
            return error.code
        }
    }

    private func filled() async throws {
        let store = try ResultsStore(path: path, mode: .readWrite)
        try await store.begin(TestData.plan())
        try await store.record(TestData.result(), dispatch: "d1", ordinal: 0)
        // Not left to the last reference, which goes some time after this returns.
        await store.close()
    }

    @Test("A newer schema is refused with both versions, and stays as it is")
    func newer() async throws {
        try await filled()
        _ = try ChildProcess.run(["sqlite3", path, "PRAGMA user_version = 99"])
        let before = try contents(path)
        for mode in [ResultsStore.Mode.readWrite, .readOnly] {
            let error = caught(StoreError.self) { try ResultsStore(path: path, mode: mode) }
            #expect(error?.code == .newerSchema && error?.message.contains("99") == true)
        }
        #expect(try contents(path) == before)
    }

    @Test("Another program's database is refused and stays as it is")
    func foreign() throws {
        _ = try ChildProcess.run(["sqlite3", path, "CREATE TABLE mine (a); INSERT INTO mine VALUES (1)"])
        let before = try contents(path)
        #expect(code() == .foreign && code(.readOnly) == .foreign)
        #expect(try contents(path) == before)
    }

    @Test("A file that is no database is refused and stays as it is")
    func text() throws {
        try folder.write("r.sqlite", String(repeating: "not a database\n", count: 100))
        let before = try contents(path)
        #expect(code() == .foreign)
        #expect(try contents(path) == before)
    }

    @Test("A database that is missing is made for writing, and named when it was to be read")
    func missing() throws {
        #expect(code(.readOnly) == .missing)
        #expect(fileSize(path) == nil)
        #expect(code() == nil)
    }

    @Test("A folder that does not exist is named")
    func noFolder() {
        let error = caught(StoreError.self) {
            try ResultsStore(path: "\(folder.path)/none/r.sqlite", mode: .readWrite)
        }
        #expect(error?.code == .missing)
    }

    @Test("A read-only database can be read, and writing says what to do")
    func readOnly() async throws {
        try await filled()
        _ = try ChildProcess.run(["sqlite3", path, "PRAGMA journal_mode = DELETE"])
        // Root may write anything but a file that is immutable or on a read-only mount; SQLite's own flag is the same for all.
        let store = try ResultsStore(path: path, mode: .readOnly)
        #expect(try await store.runs(.all).count == 1)
        let error = await caught(StoreError.self) { try await store.begin(TestData.plan("d2")) }
        #expect(error?.code == .readOnly && error?.message.contains("--db") == true)
    }

    @Test("A database locked by another process is said, and nothing is half-written")
    func locked() async throws {
        try await filled()
        let store = try ResultsStore(path: path, mode: .readWrite)
        let holder = try ChildProcess([
            "python3", "-c",
            "import sqlite3,sys,time; c=sqlite3.connect(sys.argv[1],isolation_level=None); c.execute('BEGIN EXCLUSIVE'); print('held',flush=True); sys.stdin.read()",
            path,
        ])
        try holder.waitForOutput { $0.contains("held") }
        let error = await caught(StoreError.self) { try await store.begin(TestData.plan("d2")) }
        #expect(error?.code == .locked)
        holder.kill(9)
        _ = holder.wait()
        try await store.begin(TestData.plan("d2"))
        #expect(try await store.check().problems == [])
    }

    @Test(
        "A full disk is reported, and the run that did not fit is not there at all",
        .enabled(if: Fixtures.canMount, "mounting a file system needs root"))
    func diskFull() async throws {
        try folder.write("disk/.keep", "")
        let mounted = try ChildProcess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", "\(folder.path)/disk"])
        #expect(mounted.status == 0)
        defer { _ = try? ChildProcess.run(["umount", "-l", "\(folder.path)/disk"]) }
        let store = try ResultsStore(path: "\(folder.path)/disk/r.sqlite", mode: .readWrite)
        try await store.begin(TestData.plan())
        let samples = (0..<200_000).map { Int64($0) }
        let error = await caught(StoreError.self) {
            try await store.record(TestData.result(samples: samples), dispatch: "d1", ordinal: 0)
        }
        #expect(error?.code == .diskFull)
        #expect(try await store.runs(.all).isEmpty)
        try await store.record(TestData.result(), dispatch: "d1", ordinal: 0)
        #expect(try await store.check().problems == [])
    }

    @Test("A process killed in the middle of a transaction leaves the database as it was before")
    func killed() async throws {
        try await filled()
        let writer = try ChildProcess([
            "python3", "-c",
            """
            import sqlite3,sys
            c=sqlite3.connect(sys.argv[1],isolation_level=None); c.execute('PRAGMA cache_size=5'); c.execute('BEGIN')
            for i in range(200000): c.execute("INSERT INTO sample (run_id, phase, sample_index, compute_ns) VALUES (1,'warm-up',?,1)",(i,))
            print('written',flush=True); sys.stdin.read()
            """, path,
        ])
        try writer.waitForOutput { $0.contains("written") }
        writer.kill(9)
        _ = writer.wait()
        let store = try ResultsStore(path: path, mode: .readWrite)
        #expect(try await store.run(1).samples.count == TestData.result().samples.count)
        #expect(try await store.check().problems == [])
    }

    @Test("Two processes that make the same database at once both succeed")
    func concurrent() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<4 {
                group.addTask { [path] in
                    let store = try ResultsStore(path: path, mode: .readWrite)
                    try await store.begin(TestData.plan("d\(number)"))
                }
            }
            try await group.waitForAll()
        }
        #expect(try await ResultsStore(path: path, mode: .readOnly).check().problems == [])
    }
}
