import AgentAPI
import Store
import TestSupport
import Testing

/// Dispatches on a board under external load.
@Suite(.serialized) struct HealthTests {
    /// Some containers' kernels do not count CPU time.
    private static let kernelCountsCPUTime =
        (try? contents("/proc/stat")).map { String(decoding: $0, as: UTF8.self) }?.split(separator: "\n").first?
        .split(separator: " ").dropFirst().contains { $0 != "0" } == true

    /// Limits that nothing exceeds.
    private static let lenient = """
        "health": {"foreign_load_percent": 1e6, "steal_percent": 1e6, "clock_drop_percent": 100, "temperature_celsius": 1e6,
        "swap_pages": 1000000000, "major_faults": 1000000000, "involuntary_switches_per_second": 1e9, "drift_percent": 1e6},
        """

    private func dispatched(_ targets: String, _ arguments: [String] = []) async throws -> (
        Desk, run: RunDetail, output: String
    ) {
        let desk = try Desk(targets: targets)
        let load = try ChildProcess(["sh", "-c", "echo busy; while :; do :; done"])
        defer {
            load.kill(9)
            _ = load.wait()
        }
        try load.waitForOutput { $0.contains("busy") }
        let ending = try desk.run(try desk.dispatch(["bundle"], duration: "1500ms", data: false) + arguments)
        #expect(ending.status == 0, "\(ending.error)")
        let store = try desk.store()
        let newest = try #require(try await store.runs(.all).first)
        return (desk, try await store.run(newest.id), ending.output)
    }

    @Test(
        "A busy process beside the runner makes its run DEGRADED by load, from the readings to the report",
        .enabled(if: kernelCountsCPUTime, "/proc/stat of this machine counts no CPU time"))
    func load() async throws {
        let (desk, run, output) = try await dispatched(Desk.local)
        let health = try #require(run.health)
        let load = try #require(health.readings.externalLoadCores, "\(health.readings.unavailable)")
        // The process shares the cores with the runner's threads and with other tests.
        #expect(load > 0.1 && health.degraded?.contains("others took ") == true)
        #expect(output.contains("is DEGRADED: ") && output.contains("(limit 10%)"))
        #expect(try desk.run(["runs", "show", "\(run.summary.id)"]).output.contains("DEGRADED: "))
        #expect(try desk.run(["report", "--output", "out"]).status == 0)
        for file in ["report.html", "report.md"] {
            let text = String(decoding: try contents("\(desk.folder.path)/out/\(file)"), as: UTF8.self)
            #expect(text.contains("DEGRADED: ") && text.contains("others took "), "\(file)")
        }
    }

    @Test("The same load within a target's own limits is good; waiting for an idle board is bounded and recorded")
    func limits() async throws {
        let targets = Desk.fleet("\(Self.lenient) \"agent\": \"local\"")
        let (_, quiet, output) = try await dispatched(targets)
        #expect(quiet.health != nil && quiet.health?.degraded == nil && quiet.health?.idleWait == nil)
        #expect(quiet.health?.limitsJSON.contains("\"foreign_load_percent\":1000000") == true)
        #expect(output.contains("good") && !output.contains("DEGRADED"))
        let strict = Desk.fleet(
            "\(Self.lenient.replacing("_load_percent\": 1e6", with: "_load_percent\": 10")) \"agent\": \"local\"")
        let (_, busy, _) = try await dispatched(strict, ["--settle", "--settle-limit", "1s"])
        let idleWait = try #require(busy.health?.idleWait)
        #expect(idleWait.condition == "idle" && idleWait.waitedNs >= 1_000_000_000)
        #expect(idleWait.shortfall?.contains("others took") == true)
        #expect(busy.health?.degraded?.contains("did not come to idle before: others took") == true)
    }
}
