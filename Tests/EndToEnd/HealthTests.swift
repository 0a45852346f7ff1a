import AgentAPI
import Store
import TestSupport
import Testing

/// A dispatch on a board where somebody else is at work.
@Suite(.serialized) struct HealthTests {
    /// Limits that nothing reaches.
    private static let lenient = """
        "health": {"foreign_load_percent": 1e6, "steal_percent": 1e6, "clock_drop_percent": 100, "temperature_celsius": 1e6,
        "swap_pages": 1000000000, "major_faults": 1000000000, "involuntary_switches_per_second": 1e9, "drift_percent": 1e6},
        """

    private func dispatched(_ targets: String, _ words: [String] = []) async throws -> (
        Desk, run: RunDetail, said: String
    ) {
        let desk = try Desk(targets: targets)
        let load = try ChildProcess(["sh", "-c", "echo busy; while :; do :; done"])
        defer {
            load.kill(9)
            _ = load.wait()
        }
        try load.waitForOutput { $0.contains("busy") }
        let ending = try desk.run(try desk.dispatch(["bundle"], duration: "1500ms", data: false) + words)
        #expect(ending.status == 0, "\(ending.error)")
        let store = try desk.store()
        let newest = try #require(try await store.runs(.all).first)
        return (desk, try await store.run(newest.id), ending.output)
    }

    @Test("A busy process beside the runner makes its run DEGRADED by load, from the readings to the report")
    func load() async throws {
        let (desk, run, said) = try await dispatched(Desk.local)
        let health = try #require(run.health)
        guard let load = health.readings.externalLoadCores else {
            #expect(health.readings.unavailable["foreign-load"]?.isEmpty == false)
            return
        }
        // It shares two cores with a runner of two threads and whatever else runs here.
        #expect(load > 0.1 && health.degraded?.contains("others took ") == true)
        #expect(said.contains("is DEGRADED: ") && said.contains("(limit 10%)"))
        #expect(try desk.run(["runs", "show", "\(run.summary.id)"]).output.contains("DEGRADED: "))
        #expect(try desk.run(["report", "--output", "out"]).status == 0)
        for file in ["report.html", "report.md"] {
            let text = String(decoding: try contents("\(desk.folder.path)/out/\(file)"), as: UTF8.self)
            #expect(text.contains("DEGRADED: ") && text.contains("others took "), "\(file)")
        }
    }

    @Test("The same load within a target's own limits is good; waiting for rest is bounded and recorded")
    func limits() async throws {
        let targets = Desk.fleet("\(Self.lenient) \"agent\": \"local\"")
        let (_, quiet, said) = try await dispatched(targets)
        #expect(quiet.health != nil && quiet.health?.degraded == nil && quiet.health?.settling == nil)
        #expect(quiet.health?.limitsJSON.contains("\"foreign_load_percent\":1000000") == true)
        #expect(said.contains("good") && !said.contains("DEGRADED"))
        let strict = Desk.fleet(
            "\(Self.lenient.replacing("_load_percent\": 1e6", with: "_load_percent\": 10")) \"agent\": \"local\"")
        let (_, busy, _) = try await dispatched(strict, ["--settle", "--settle-limit", "1s"])
        let settling = try #require(busy.health?.settling)
        #expect(settling.wish == "idle" && settling.waitedNs >= 1_000_000_000)
        #expect(settling.shortfall?.contains("others took") == true)
        #expect(busy.health?.degraded?.contains("did not come to idle before: others took") == true)
    }
}
