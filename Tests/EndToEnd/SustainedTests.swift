import JSON
import AgentAPI
import FoundationEssentials
import Glibc
import Statistics
import Store
import TestSupport
import Testing

/// Sustained runs, kept short by short windows, on a machine whose load changes in mid-run.
@Suite(.serialized) struct SustainedTests {
    private static let windowNs: Int64 = 500_000_000

    /// A dispatch whose first window has the cores to itself; then busy processes share them.
    private func slowedRun() async throws -> Desk {
        let desk = try Desk()
        let window = ["--window", "\(Self.windowNs / 1_000_000)ms"]
        // So many queries keep the run going until it is slowed, where other tests leave it little of the cores.
        let child = try desk.start(
            try desk.dispatch(["bundle"], duration: "5s", minQueries: 120, data: false) + window)
        try child.waitForOutput { $0.contains("bundle: timed") }
        let runner = try runnerProcess(of: desk)
        // A thread's CPU time never exceeds the time that has passed, so by then the first window is over.
        let enough =
            try busiestThreadTicks(of: runner) + Int(Self.windowNs) * sysconf(Int32(_SC_CLK_TCK)) / 1_000_000_000
        try child.waitForOutput { _ in (try? busiestThreadTicks(of: runner)).map { $0 >= enough } == true }
        // With a lower priority the run is slowed by these processes even where other tests keep the cores busy.
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(runner)/task")
        _ = try ChildProcess.run(["renice", "-n", "3", "-p"] + threads)
        let loads = try (0..<4).map { _ in try ChildProcess(["sh", "-c", "echo busy; while :; do :; done"]) }
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

    /// The runner that the local agent of `desk` started.
    private func runnerProcess(of desk: Desk) throws -> Int {
        let agent = try ChildProcess.run(["pgrep", "-f", "harness-agent.*\(desk.folder.path)"]).output
        let runner = try ChildProcess.run(["pgrep", "-P", String(agent.prefix { $0 != "\n" })]).output
        return try #require(Int(runner.prefix { $0 != "\n" }), "agent \(agent), runner \(runner)")
    }

    /// Clock ticks of CPU time of the thread of a process that has most; proc_pid_stat(5).
    private func busiestThreadTicks(of process: Int) throws -> Int {
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")
        let ticks = try threads.map { thread in
            let stat = String(decoding: try contents("/proc/\(process)/task/\(thread)/stat"), as: UTF8.self)
            let fields = try #require(stat.split(separator: ")").last).split(separator: " ")
            return try #require(Int(fields[11])) + #require(Int(fields[12]))
        }
        return try #require(ticks.max())
    }

    @Test("Busy processes that start in mid-run slow the run from then on, as database, report and runs show say")
    func slowed() async throws {
        var desk = try await slowedRun()
        // Other tests run beside this one: if they had the cores in the first windows, nothing got slower, and it is repeated.
        for _ in 0..<3 {
            let run = try await desk.store().run(1)
            let windows = WindowedSamples(run.samples, run.queries, windowNs: Self.windowNs)
            let speed = windows.flatMap { SustainedSpeed($0) }
            if let speed, speed.size.wide.lower > 1.05, speed.throttling?.witnesses == [.latency] { break }
            desk = try await slowedRun()
        }
        let run = try await desk.store().run(1)
        try #require(run.windows.count >= 6, "\(run.windows)")
        let timed = run.samples.count { $0.phase == .timed }
        #expect(run.windows.reduce(0) { $0 + $1.latency.count } == timed)
        let windows = try #require(WindowedSamples(run.samples, run.queries, windowNs: Self.windowNs))
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

    @Test("A run shorter than two windows has none; the limits of a long one follow from its minimum duration")
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
        #expect(wrong.status == 64 && wrong.error.contains("before its minimum time has passed"))
    }
}
