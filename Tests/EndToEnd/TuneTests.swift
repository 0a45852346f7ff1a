import JSON
import AgentAPI
import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// Runs the real `harness tune` with a scripted search that speaks the real protocol, Search/search.py.
private struct Workshop {
    let folder: TemporaryFolder
    static let search = "\(Fixtures.checkout)/Tests/EndToEnd/Search/search.py"

    /// Measures on the agent at `address`, or on one the command starts on loopback.
    init(agent address: String = "local") throws {
        folder = try TemporaryFolder()
        try folder.write("unet.pt", "the search reads it, not harness")
        try folder.write(
            "targets.json",
            """
            {"schema": "harness.targets/1", "targets": [
              {"name": "x86", "agent": "\(address)", "device": "cpu:0", "threads": 1, "tvm": {"kind": "llvm"}}]}
            """)
    }

    func start(_ scenario: String, _ options: [String] = []) throws -> ChildProcess {
        let arguments = [
            try Fixtures.program("harness"), "tune", "--target", "x86", "--checkpoint", "unet.pt", "--python",
            Self.search, "--database", "tuning", "--duration", "1ms", "--min-queries", "3",
        ]
        let environment = [
            "SCENARIO": scenario, "CANDIDATE": "\(try Fixtures.folder())/bundle-candidate",
            "CRASHING": "\(folder.path)/crashing", "TMPDIR": folder.path,
        ]
        return try ChildProcess(arguments + options, environment: environment, in: folder.path)
    }

    func run(_ scenario: String, _ options: [String] = []) throws -> ChildProcess.Ending {
        try start(scenario, options).wait()
    }

    /// What the search received, line by line.
    func received() throws -> [JSONValue] {
        try String(decoding: contents("\(folder.path)/tuning/heard.jsonl"), as: UTF8.self).split(separator: "\n").map {
            try WireJSON.decode(JSONValue.self, from: $0.utf8)
        }
    }

    /// Whether the search's process still exists.
    func searchIsRunning() throws -> Bool {
        let number = String(decoding: try contents("\(folder.path)/tuning/process"), as: UTF8.self)
        return kill(try #require(pid_t(number)), 0) == 0
    }

    /// Writes a bundle whose module crashes as soon as it is loaded.
    func makeCrashing() throws {
        let source = "__attribute__((constructor)) static void start(void) { *(volatile int *)8 = 1; }"
        try folder.write("crashing/bundle.json", "")
        try compileC(source, to: "\(folder.path)/crashing/module.so", options: ["-shared", "-fPIC"])
        var manifest = try Fixtures.bundle("bundle-candidate")
        let module = try contents("\(folder.path)/crashing/module.so")
        manifest.module.sha256 = SHA256Digest(of: module)
        manifest.module.sizeBytes = module.count
        try folder.write("crashing/bundle.json", WireJSON.encode(manifest))
    }
}

@Suite struct TuneTests {
    @Test("Candidates go to the board and their times to the search; one that fails there is skipped")
    func whole() throws {
        let workshop = try Workshop()
        try workshop.makeCrashing()
        let ending = try workshop.run("whole", ["--budget", "90s", "--layer", "8→1 @32", "8→8 @32", "--again"])
        #expect(ending.status == 0, "\(ending.output) \(ending.error)")
        let received = try workshop.received()
        let board = try #require(received.first)
        #expect(board["type"] == .string("board") && board["facts"]?["agent"]?["api"] == .string("v1"))
        #expect(board["facts"]?["board"]?["architecture"]?.string != nil && board["threads"] == .integer(1))
        #expect(received.dropFirst().map { $0["id"] } == [1, 2, 3, 4].map { .integer($0) })
        for answer in [received[1], received[3]] {
            #expect(answer["type"] == .string("measured"))
            guard case .integer(let median) = answer["median_ns"], case .integer(let lowest) = answer["lowest_ns"],
                case .integer(let calls) = answer["calls"]
            else { throw ChildProcess.Problem(message: "\(answer)") }
            #expect(lowest > 0 && lowest <= median && calls >= 3)
        }
        #expect(received[2]["type"] == .string("unmeasured") && received[2]["code"] == .string("invalid-request"))
        #expect(received[2]["message"]?.string?.contains("no/such/folder/bundle.json does not exist") == true)
        #expect(received[4]["type"] == .string("unmeasured") && received[4]["code"] == .string("runner-crashed"))
        let words = try WireJSON.decode([String].self, from: contents("\(workshop.folder.path)/tuning/words.json"))
        #expect(
            words == [
                "-m", "unet", "tune", "--target", "x86", "--targets", "targets.json", "--checkpoint", "unet.pt",
                "--measure", "stdio", "--database", "tuning", "--budget-seconds", "90", "--again", "--layer", "8→1 @32",
                "--layer", "8→8 @32",
            ])
        for part in [
            "4 to measure; 1 more measured earlier", "1/4 direct 8→1 @32: tiles 1: ", "best so far", "skipped",
            "1.50× as fast as the default", "2 entries; 2 candidates measured, 2 failed on the board",
        ] { #expect(ending.output.contains(part), "\(part): \(ending.output)") }
        // Neither the agent nor its files nor the search remain.
        #expect(try !workshop.searchIsRunning())
        #expect(try ChildProcess.run(["pgrep", "-f", "harness-agent.*\(workshop.folder.path)"]).output == "")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: workshop.folder.path).allSatisfy {
                !$0.hasPrefix("harness-tune")
            })
    }

    @Test("With --json every event is an object")
    func json() throws {
        let agent = try AgentProcess()
        let workshop = try Workshop(agent: agent.address)
        try workshop.makeCrashing()
        let ending = try workshop.run("whole", ["--json"])
        #expect(ending.status == 0, "\(ending.output) \(ending.error)")
        let events = try ending.output.split(separator: "\n").map { try WireJSON.decode(JSONValue.self, from: $0.utf8) }
        #expect(
            events.compactMap { $0["event"]?.string } == [
                "connected", "notice", "planned", "measuring", "measured", "measuring", "unmeasured", "measuring",
                "measured", "measuring", "unmeasured", "chosen", "finished",
            ])
        #expect(events.last?["measured"] == .integer(2) && events.last?["slowed"] == .integer(0))
        // The agent ran each candidate as a job of its own, without a data set.
        #expect(try agent.ask("GET", "/v1/jobs").decoded([JobStatus].self).count == 3)
    }

    @Test("A search that reports its steps is followed by them")
    func steps() throws {
        let workshop = try Workshop()
        let ending = try workshop.run("steps", ["--json"])
        #expect(ending.status == 0, "\(ending.output) \(ending.error)")
        let events = try ending.output.split(separator: "\n").map { try WireJSON.decode(JSONValue.self, from: $0.utf8) }
        let steps = events.filter { $0["event"] == .string("step") }
        #expect(steps.map { $0["done"] } == [.integer(0), .integer(1)])
        let measured = try #require(events.first { $0["event"] == .string("measured") })
        #expect(steps.last?["best_ns"] == measured["median_ns"] && steps.first?["best_ns"] == nil)
    }

    @Test("Ctrl-C ends the search and the job on the board, with status 130")
    func interrupted() throws {
        let agent = try AgentProcess()
        let workshop = try Workshop(agent: agent.address)
        let child = try workshop.start("endless", ["--duration", "60s"])
        var jobs: [JobStatus] = []
        try child.waitForOutput { _ in
            jobs = (try? agent.ask("GET", "/v1/jobs").decoded([JobStatus].self)) ?? []
            return jobs.first?.state == .running
        }
        child.kill(SIGINT)
        let ending = child.wait()
        #expect(ending.status == 130 && ending.error.contains("What was measured is kept"), "\(ending.error)")
        #expect(try !workshop.searchIsRunning())
        #expect(try agent.end(jobs[0].id).state == .cancelled)
    }

    @Test("A search that ignores end of input and SIGTERM is killed")
    func stubborn() throws {
        let workshop = try Workshop()
        let child = try workshop.start("stubborn")
        try child.waitForOutput { $0.contains("deaf from now on") }
        child.kill(SIGTERM)
        #expect(child.wait().status == 130)
        #expect(try !workshop.searchIsRunning())
    }

    @Test("A search survives a restart of the agent, and ends when the agent is gone")
    func boards() throws {
        let agent = try AgentProcess()
        let workshop = try Workshop(agent: agent.address)
        let child = try workshop.start("endless")
        try child.waitForOutput { $0.contains("tiles 3: ") }
        let port = agent.address.split(separator: ":").last.map(String.init) ?? ""
        let restarted = try agent.restart(["--listen", "127.0.0.1:\(port)"])
        let before = child.output
        try child.waitForOutput { $0.count > before.count + 500 }
        restarted.child.kill(SIGKILL)
        let ending = child.wait()
        #expect(ending.status == 1 && ending.error.contains("x86: "), "\(ending.error)")
        #expect(ending.error.contains("[unreachable]") || ending.error.contains("[connection-lost]"))
        #expect(try !workshop.searchIsRunning())
    }

    @Test("An unreachable board exits with status 1, and no search is started")
    func unreachable() throws {
        let workshop = try Workshop(agent: "http://127.0.0.1:1")
        let ending = try workshop.run("whole")
        #expect(ending.status == 1 && ending.error.contains("[unreachable]"), "\(ending.error)")
        #expect(fileSize("\(workshop.folder.path)/tuning/process") == nil)
    }

    @Test(
        "A search that fails, dies or sends garbage exits with status 1 and names the cause",
        arguments: [
            ("failed", "no layer is called 9→9 @9. [search-failed]"),
            ("dies", "ended with status 3 before it was done"), ("after_done", "ended with status 4;"),
            ("nonsense", "“Segmentation fault, or some library's advertisement”"),
            ("unknown", "unknown type \"measure-all\""), ("endless_line", "[search-protocol]"),
        ])
    func failures(scenario: String, part: String) throws {
        let workshop = try Workshop()
        let ending = try workshop.run(scenario)
        #expect(ending.status == 1 && ending.error.contains(part), "\(ending.output) \(ending.error)")
        #expect(try !workshop.searchIsRunning())
    }

    @Test("Arguments that prevent a start are reported with their exit status")
    func beginnings() throws {
        let workshop = try Workshop()
        for (options, status, part) in [
            (["--target", "x87"], 64, "Did you mean x86?"),
            (["--checkpoint", "none.pt"], 64, "none.pt does not exist"),
            (["--targets", "none.json"], 64, "none.json does not exist"), (["--min-queries", "0"], 64, "out of range"),
            (["--python", "no-such-python"], 1, "[search-missing]"),
        ] {
            let ending = try workshop.run("whole", options)
            #expect(ending.status == Int32(status) && ending.error.contains(part), "\(options): \(ending.error)")
        }
    }
}
