import FoundationEssentials
import JSON
import Store
import TestSupport
import Testing

/// Dispatches in every scenario, with real agents and runners, up to the report.
@Suite(.serialized) struct ScenarioDispatchTests {
    private func words(_ further: String) throws -> [String] {
        ["dispatch", "--bundle", "\(try Fixtures.folder())/bundle-candidate", "--target", "x86"]
            + further.split(separator: " ").map(String.init)
    }

    @Test("Each scenario has its own number of queries, metric, validity and ranking")
    func all() async throws {
        let desk = try Desk()
        for further in [
            "--duration 0ms", "--duration 0ms --scenario multi-stream",
            "--duration 0ms --scenario server --target-qps 2000 --target-latency 100s",
            "--duration 0ms --scenario offline",
        ] {
            let ending = try desk.run(try words(further))
            #expect(ending.status == 0, "\(further): \(ending.error)")
        }
        var runs: [RunDetail] = []
        for id in 1...4 { runs.append(try await desk.store().run(Int64(id))) }
        #expect(runs.map(\.summary.scenario) == Scenario.allCases)
        #expect(runs.map(\.summary.isValid) == [true, true, true, true])
        #expect(runs.map { $0.validity?.queries } == [64, 662, 459, 1])
        #expect(runs.map { run in run.samples.count { $0.phase == .timed } } == [64, 662 * 8, 459, 64])
        #expect(runs.map { $0.validity?.latencyNs != nil } == [true, true, false, false])
        #expect(runs.map { $0.validity?.samplesPerSecond != nil } == [false, false, true, true])
        #expect(try await desk.store().runs(.latest).count == 4)
        let shown = try desk.run(["runs", "show", "3"]).output
        #expect(shown.contains("server: 2000 queries/s arriving, p99 within 100 s") && shown.contains("VALID"))
        #expect(try desk.run(["report", "--output", "out"]).status == 0)
        let report = String(decoding: try contents("\(desk.folder.path)/out/report.md"), as: UTF8.self)
        #expect(report.contains("each run is ranked within its own only") && report.contains("| Scenario |"))
        #expect(report.contains("p90 ≤") && report.contains("VALID"))
        #expect(
            String(decoding: try contents("\(desk.folder.path)/out/report.html"), as: UTF8.self).contains(
                "multi-stream"))
    }

    @Test("Too few queries, and a latency bound that is not met, make a run INVALID with the reason")
    func invalid() async throws {
        let desk = try Desk()
        let few = try desk.run(try words("--duration 0ms --min-queries 5"))
        #expect(few.status == 0 && few.output.contains("INVALID"), "\(few.error)")
        let server = "--duration 0ms --scenario server --target-qps 2000"
        #expect(try desk.run(try words("\(server) --target-latency 0.0001ms")).status == 0)
        let codes = ["SELECT run_id, code FROM invalid_reason ORDER BY run_id, position"]
        let found = try ChildProcess.run(["sqlite3", desk.database] + codes).output.split(separator: "\n")
        #expect(found.contains("1|early-stopping") && found.contains("2|latency-bound"))
        #expect(try desk.run(["runs", "show", "2"]).output.contains("exceeds the bound"))
        #expect(try await desk.store().runs(.all).map(\.isValid) == [false, false])
    }

    @Test(
        "A killed dispatch resumes in its scenario, also one that version 0.1.0 stored as options only",
        arguments: [false, true])
    func resumed(isOlder: Bool) async throws {
        let desk = try Desk()
        let options = try words(
            "--preset quick --duration 1s --scenario server --target-qps 62.5 --target-latency 1.5s --seed 7")
        let child = try desk.start(options)
        try child.waitForOutput { $0.contains("candidate: timed") }
        child.kill(9)
        _ = child.wait()
        if isOlder {
            let stored = String(decoding: try WireJSON.encode(Array(options.dropFirst())), as: UTF8.self)
            let edit = "UPDATE dispatch SET request_json = NULL, command_json = '\(stored)'"
            #expect(try ChildProcess.run(["sqlite3", desk.database, edit]).status == 0)
        }
        let resumed = try desk.run(["dispatch", "--resume"])
        #expect(resumed.status == 0, "\(resumed.error)")
        let newest = try #require(try await desk.store().runs(.all).first)
        let run = try await desk.store().run(newest.id)
        #expect(run.summary.scenario == .server && run.summary.outcome == .succeeded)
        #expect(run.validity?.latencyBoundNs == 1_500_000_000 && run.validity?.targetQueriesPerSecond == 62.5)
    }

    @Test("Runs are exported as LoadGen's logs: one into the folder, several into a folder each")
    func export() async throws {
        let desk = try Desk()
        for _ in 0..<2 { #expect(try desk.run(try words("--duration 0ms")).status == 0) }
        let one = try desk.run(["runs", "export", "--format", "mlperf", "1", "--out", "one"])
        let names = ["mlperf_log_summary.txt", "mlperf_log_detail.txt", "mlperf_log_accuracy.json"]
        #expect(one.output == names.map { "one/\($0)\n" }.joined(), "\(one.error)")
        let summary = String(decoding: try contents("\(desk.folder.path)/one/\(names[0])"), as: UTF8.self)
        #expect(summary.contains("Scenario : SingleStream") && summary.contains("Result is : VALID"))
        let both = try desk.run(["runs", "export", "--format", "mlperf", "1", "2", "--output", "both"])
        #expect(both.output.contains("both/run-2/mlperf_log_detail.txt"))
        for wrong in [
            ["1"], ["--out", "x"], ["1", "--out", "x", "--format", "csv,mlperf"], ["1", "--format", "csv"],
        ] {
            #expect(try desk.run(["runs", "export", "--format", "mlperf"] + wrong).status == 64, "\(wrong)")
        }
    }

    @Test("An option that does not belong to the scenario is a usage error")
    func usage() throws {
        let desk = try Desk()
        for (further, part) in [
            ("--scenario server", "--target-latency"), ("--target-qps 5", "--scenario server only"),
            ("--scenario streams", "“streams” is not known"), ("--preset slow", "“slow” is not known"),
            ("--scenario server --target-qps 0 --target-latency 1s", "above zero"),
        ] {
            let ending = try desk.run(try words(further))
            #expect(ending.status == 64 && ending.error.contains(part), "\(further): \(ending.error)")
        }
        #expect(fileSize(desk.database) == nil)
    }
}
