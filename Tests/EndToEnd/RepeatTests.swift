import Store
import TestSupport
import Testing

/// Repeated runs, measured by real agents.
@Suite struct RepeatTests {
    @Test("Rounds are interleaved, resume in the planned order after a kill, and become one row with its spread")
    func rounds() async throws {
        let desk = try Desk()
        let arguments =
            try desk.dispatch(["bundle", "bundle-other"], duration: "300ms") + ["--repeat", "4", "--restarts", "2"]
        let child = try desk.start(arguments)
        try child.waitForOutput { $0.contains("round 2 of 4") }
        child.kill(9)
        _ = child.wait()
        let before = try await desk.store().runs(.all)
        let resumed = try desk.run(["dispatch", "--resume"])
        #expect(resumed.status == 0, "\(resumed.output) \(resumed.error)")
        let store = try desk.store()
        let finished = try await store.runs(.all).filter { $0.outcome == .succeeded }.sorted { $0.id < $1.id }
        #expect(finished.map(\.ordinal) == Array(0..<8), "nothing is repeated, and the plan's order is kept")
        #expect(before.filter { $0.outcome == .succeeded }.allSatisfy { finished.contains($0) })
        for start in stride(from: 0, to: 8, by: 2) {
            #expect(Set(finished[start..<start + 2].map(\.bundle)) == ["bundle", "bundle-other"])
        }
        var sessions: [String] = []
        for run in finished { sessions.append(try await store.run(run.id).agentSession) }
        // The plan restarts the agent between the second and the third round; the kill ended an agent session of its own.
        #expect(sessions[3] != sessions[4] && Set(sessions[4...]).count == 1)
        // One row per bundle; its runs are listed in the section below.
        #expect(resumed.output.contains("Runs"))
        let shown = resumed.output.split(separator: "\n").filter { $0.hasPrefix("x86 ") && $0.contains("VALID") }
        #expect(shown.count == 2, "\(resumed.output)")
        let query =
            "SELECT runs, restarts > 1, lower_ns <= location_ns AND location_ns <= upper_ns, between_runs_variance >= 0 FROM repeats"
        #expect(try ChildProcess.run(["sqlite3", desk.database, query]).output == "4|1|1|1\n4|1|1|1\n")
        #expect(try desk.run(["db", "check"]).status == 0)
        _ = try ChildProcess.run(["sqlite3", desk.database, "UPDATE repeats SET location_ns = location_ns / 2"])
        #expect(try desk.run(["db", "check"]).output.contains("table repeats, row with"))
        _ = try ChildProcess.run(["sqlite3", desk.database, "DELETE FROM repeats"])
        #expect(try desk.run(["db", "check"]).output.contains("it is missing"))
        #expect(try desk.run(["report", "--format", "md", "--output", "out/"]).status == 0)
        let report = String(decoding: try contents("\(desk.folder.path)/out/report.md"), as: UTF8.self)
        #expect(report.contains("## Repeats"))
    }

    @Test("More restarts than rounds are refused")
    func refused() throws {
        let ending = try Desk().run(try Desk().dispatch(["bundle"]) + ["--restarts", "2"])
        #expect(ending.status == 64 && ending.error.contains("--repeat 1"))
    }
}
