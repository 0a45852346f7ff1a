import JSON
import AgentAPI
import FoundationEssentials
import Glibc
import Statistics
import Store
import TestSupport
import Testing

/// Long runs, made short by short windows: on a machine that somebody else takes in mid-run.
@Suite(.serialized) struct SustainedTests {
    /// A dispatch of which the first windows are to themselves; the module's threads then share the cores with busy processes.
    private func slowedRun() async throws -> Desk {
        let desk = try Desk()
        let words = try desk.dispatch(["bundle"], duration: "5s", data: false) + ["--window", "500ms"]
        let child = try desk.start(words)
        try child.waitForOutput { $0.contains("bundle: timed") }
        usleep(1_700_000)
        let loads = try (0..<8).map { _ in try ChildProcess(["sh", "-c", "echo busy; while :; do :; done"]) }
        defer {
            for load in loads {
                load.kill(9)
                _ = load.wait()
            }
        }
        let ending = child.wait()
        #expect(ending.status == 0, "\(ending.error)")
        return desk
    }

    @Test("Busy processes that start in mid-run make it slower from then on, in the database, report and runs show")
    func slowed() async throws {
        var desk = try await slowedRun()
        // Other tests run beside this one: where they had the cores in the first windows nothing got slower, and it is tried again.
        for _ in 0..<3 {
            let run = try await desk.store().run(1)
            let windows = WindowedSamples(run.samples, run.queries, windowNs: 500_000_000)
            let speed = windows.flatMap { SustainedSpeed($0) }
            if let speed, speed.size.wide.lower > 1.05, speed.throttling?.witnesses == [.latency] { break }
            desk = try await slowedRun()
        }
        let run = try await desk.store().run(1)
        try #require(run.windows.count >= 6, "\(run.windows)")
        let timed = run.samples.count { $0.phase == .timed }
        #expect(run.windows.reduce(0) { $0 + $1.latency.count } == timed)
        let windows = try #require(WindowedSamples(run.samples, run.queries, windowNs: 500_000_000))
        #expect(windows.windows == run.windows.map(\.latency))
        let speed = try #require(SustainedSpeed(windows))
        #expect(speed.size.wide.lower > 1.05, "\(speed.size)")
        let throttling = try #require(speed.throttling)
        #expect(throttling.witnesses == [.latency] && throttling.window >= 1)
        let shown = try desk.run(["runs", "show", "1"]).output
        #expect(shown.contains("detected by latency") && shown.contains("\nWindows\n"))
        #expect(try desk.run(["report", "--output", "out"]).status == 0)
        for file in ["report.html", "report.md"] {
            let text = String(decoding: try contents("\(desk.folder.path)/out/\(file)"), as: UTF8.self)
            #expect(text.contains("Sustained / burst") && text.contains("latency"), "\(file)")
        }
        #expect(try desk.run(["db", "check"]).status == 0)
    }

    @Test("A run of less than two windows has none; the limits of a long one follow from its least duration")
    func limits() async throws {
        let desk = try Desk()
        #expect(try desk.run(try desk.dispatch(["bundle-null"], data: false)).status == 0)
        let short = try await desk.store().run(1)
        #expect(short.windows.isEmpty && short.health?.readings.windows == nil)
        #expect(try !desk.run(["runs", "show", "1"]).output.contains("Windows"))
        let long = try desk.start(try desk.dispatch(["bundle-null"], duration: "30m", data: false))
        try long.waitForOutput { $0.contains("bundle-null: timed") }
        long.kill(SIGINT)
        _ = long.wait()
        let query = "SELECT requested_settings_json FROM planned_run ORDER BY id DESC LIMIT 1"
        let text = try ChildProcess.run(["sqlite3", desk.database, query]).output
        let settings = try WireJSON.decode(RunSettings.self, from: Array(text.utf8).filter { $0 != 10 })
        #expect(settings.minDurationNs == 1_800_000_000_000 && settings.timeLimitNs == 2_700_000_000_000)
        #expect(settings.maxQueries == 18_000_000 && settings.windowNs == nil)
        let wrong = try desk.run(
            try desk.dispatch(["bundle-null"], duration: "30m", data: false) + ["--time-limit", "20m"])
        #expect(wrong.status == 64 && wrong.error.contains("before its least duration has passed"))
    }
}
