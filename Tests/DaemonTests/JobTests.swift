import JSON
import AgentAPI
import FoundationEssentials
import TestSupport
import Testing

@Suite struct JobTests {
    /// A runner that writes two events and succeeds.
    static let good = """
        #!/bin/sh
        cat > /dev/null
        echo '{"type":"phase-started","phase":"load"}'
        echo '{"type":"done"}'
        """

    private func module() throws -> [UInt8] { try contents("\(Fixtures.folder())/bundle-null/module.so") }

    @Test("A job runs with the real runner, and its events are numbered from 1 without a gap")
    func real() throws {
        let agent = try AgentProcess()
        try agent.put(module())
        let reply = try agent.post(.plain("a", module: module()))
        #expect(reply.status == 201)
        let events = try agent.events("a")
        #expect(events.map(\.number) == Array(1...events.count))
        #expect(events.first?.content == .queued)
        guard case .ended(.succeeded, nil, let peak?) = events.last?.content else {
            Issue.record("\(String(describing: events.last))")
            return
        }
        #expect(peak > 1 << 20)
        #expect(try agent.events("a", after: events.count - 1) == Array(events.suffix(1)))
        #expect(try agent.events("a", after: events.count) == [])
    }

    @Test("Posting the same job again is the same job; other content under its id is a conflict")
    func idempotent() throws {
        let agent = try AgentProcess()
        try agent.put(module())
        var request = try JobRequest.plain("same", module: module())
        #expect(try agent.post(request).status == 201)
        #expect(try agent.end("same").state == .succeeded)
        let again = try agent.post(request)
        #expect(again.status == 200)
        #expect(try again.decoded(JobStatus.self).state == .ended(.succeeded))
        request.settings.seed = 99
        let other = try agent.post(request)
        #expect(other.status == 409)
        #expect(try other.decoded(Problem.self).code == .jobConflict)
    }

    @Test("A job whose blobs are missing names them")
    func missing() throws {
        let agent = try AgentProcess()
        let reply = try agent.post(.plain("m", module: module()))
        #expect(reply.status == 409)
        let problem = try reply.decoded(Problem.self)
        let digest = SHA256Digest(of: try module())
        #expect(problem.code == .blobsMissing && problem.missing == [digest])
        #expect(try agent.ask("GET", "/v1/jobs/m").status == 404)
    }

    @Test("A module for another CPU is refused with both architectures")
    func architecture() throws {
        let agent = try AgentProcess()
        let foreign = try forAnotherCPU(module())
        try agent.put(foreign)
        let reply = try agent.post(.plain("f", module: foreign))
        #expect(reply.status == 422)
        let problem = try reply.decoded(Problem.self)
        #expect(problem.code == .wrongArchitecture)
        #expect(problem.detail.contains("aarch64") && problem.detail.contains("x86_64"))
    }

    @Test("A module for another TVM is refused with both versions; unknown runners, devices and ids are refused")
    func admission() throws {
        let agent = try AgentProcess()
        try agent.put(module())
        func refusal(_ change: (inout JobRequest) -> Void) throws -> (Int, FailureCode) {
            var request = try JobRequest.plain("x", module: module())
            change(&request)
            let reply = try agent.post(request)
            return (reply.status, try reply.decoded(Problem.self).code)
        }
        #expect(try refusal { $0.bundle.tvm?.version = "0.1" } == (422, .tvmVersionMismatch))
        #expect(try refusal { $0.runner = "none" } == (422, .runnerMissing))
        #expect(try refusal { $0.device = "cuda:0" } == (422, .deviceMissing))
        #expect(try refusal { $0.settings.timeLimitNs = .max } == (400, .invalidRequest))
        #expect(try refusal { $0.settings.memoryLimitBytes = -1 } == (400, .invalidRequest))
        #expect(try refusal { $0.settings.minQueries = 0 } == (400, .invalidRequest))
        #expect(try refusal { $0.settings.scenario = "server" } == (400, .invalidRequest))
        #expect(try refusal { $0.settings.scenario = "stream" } == (400, .invalidRequest))
        #expect(try refusal { $0.settings.latencyBoundNs = 1 } == (400, .invalidRequest))
        #expect(try refusal { $0.settings.percentile = 1 } == (400, .invalidRequest))
        #expect(try refusal { $0.settings.samplesPerQuery = 2 } == (400, .invalidRequest))
        #expect(try refusal { $0.id = "../x" } == (400, .invalidRequest))
        #expect(try refusal { $0.id = "" } == (400, .invalidRequest))
        let garbage = try agent.ask("POST", "/v1/jobs", body: Array("{\"id\": 5}".utf8))
        #expect(garbage.status == 400)
        #expect(try garbage.decoded(Problem.self).detail.contains("line 1"))
    }

    @Test("A board's jobs run one after the other, whatever their device, and a waiting one can be cancelled")
    func queue() throws {
        let scripts = try TemporaryFolder()
        let gate = "\(scripts.path)/gate"
        let slow = try scripts.write(
            "slow",
            "#!/bin/sh\ncat >/dev/null\nwhile [ ! -e \(gate) ]; do sleep 0.02; done\necho '{\"type\":\"done\"}'\n",
            executable: true)
        let nvml = try FakeNVML.library(in: scripts)
        let agent = try AgentProcess(["--runner", "slow=\(slow)"], environment: ["HARNESS_NVML": nvml])
        try agent.put(module())
        for (id, device) in [("one", "cpu"), ("two", "cuda"), ("three", "cuda")] {
            var request = try JobRequest.plain(id, module: module(), runner: "slow")
            request.device = "\(device):0"
            request.bundle.target.device = device
            #expect(try agent.post(request).status == 201)
        }
        try agent.waitUntilStarted("one")
        #expect(try agent.ask("GET", "/v1/jobs/three").decoded(JobStatus.self).queuePosition == 2)
        #expect(try agent.ask("DELETE", "/v1/jobs/two").status == 202)
        #expect(try agent.end("two").state == .cancelled)
        #expect(try agent.ask("GET", "/v1/jobs/three").decoded(JobStatus.self).queuePosition == 1)
        try scripts.write("gate", "")
        #expect(try agent.end("one").state == .succeeded)
        #expect(try agent.end("three").state == .succeeded)
        let states = try agent.ask("GET", "/v1/jobs").decoded([JobStatus].self)
        #expect(states.map(\.id) == ["one", "two", "three"])
    }

    @Test("A running job is cancelled, even if its runner ignores SIGTERM")
    func cancelRunning() throws {
        let scripts = try TemporaryFolder()
        let stubborn = try scripts.write(
            "s", "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 0.05; done\n", executable: true)
        let good = try scripts.write("g", Self.good, executable: true)
        let agent = try AgentProcess(["--runner", "stubborn=\(stubborn)", "--runner", "good=\(good)"])
        try agent.put(module())
        _ = try agent.post(.plain("c", module: module(), runner: "stubborn"))
        try agent.waitUntilStarted("c")
        #expect(try agent.ask("DELETE", "/v1/jobs/c").status == 202)
        #expect(try agent.end("c").state == .cancelled)
        _ = try agent.post(.plain("d", module: module(), runner: "good"))
        #expect(try agent.end("d").state == .succeeded)
    }

    @Test("An agent killed during a job loses no finished result; the running job is lost, the waiting one runs")
    func killed() throws {
        let scripts = try TemporaryFolder()
        let hang = try scripts.write("h", "#!/bin/sh\nexec sleep 1000\n", executable: true)
        let good = try scripts.write("g", Self.good, executable: true)
        let options = ["--runner", "hang=\(hang)", "--runner", "good=\(good)"]
        let agent = try AgentProcess(options)
        try agent.put(module())
        _ = try agent.post(.plain("done", module: module()))
        let finished = try agent.events("done")
        _ = try agent.post(.plain("running", module: module(), runner: "hang"))
        _ = try agent.post(.plain("waiting", module: module(), runner: "good"))
        try agent.waitUntilStarted("running")
        guard case .started(let runner) = try events(of: "running", agent).last?.content else {
            Issue.record("the log has no process")
            return
        }
        let restarted = try agent.restart(options)
        #expect(try restarted.events("done") == finished)
        let lost = try restarted.end("running")
        #expect(lost.state == .lost && lost.failure?.code == .lost)
        #expect(try restarted.end("waiting").state == .succeeded)
        // The runner died with its agent.
        #expect(!FileManager.default.fileExists(atPath: "/proc/\(runner)/exe") || isZombie(runner))
    }

    @Test("SIGTERM ends the running job as lost, and the agent with status 0")
    func terminated() throws {
        let scripts = try TemporaryFolder()
        let hang = try scripts.write("h", "#!/bin/sh\nexec sleep 1000\n", executable: true)
        let agent = try AgentProcess(["--runner", "hang=\(hang)"])
        try agent.put(module())
        _ = try agent.post(.plain("running", module: module(), runner: "hang"))
        try agent.waitUntilStarted("running")
        agent.child.kill(15)
        #expect(agent.child.wait().status == 0)
        let log = String(decoding: try contents("\(agent.folder.path)/agent/jobs/running/events.ndjson"), as: UTF8.self)
        #expect(log.contains("\"state\":\"lost\""))
    }

    @Test("A last line torn by a power cut is cut off")
    func torn() throws {
        let agent = try AgentProcess()
        try agent.put(module())
        _ = try agent.post(.plain("t", module: module()))
        let events = try agent.events("t")
        agent.child.kill(9)
        _ = agent.child.wait()
        let path = "agent/jobs/t/events.ndjson"
        let whole = try contents("\(agent.folder.path)/\(path)")
        try agent.folder.write(path, Array(whole.dropLast(20)))
        let restarted = try AgentProcess(folder: agent.folder)
        let recovered = try restarted.events("t")
        #expect(recovered.dropLast() == events.dropLast())
        #expect(try restarted.end("t").state == .lost)
    }

    /// The events so far, without waiting for the job's end.
    private func events(of id: String, _ agent: AgentProcess) throws -> [JobEvent] {
        let log = String(decoding: try contents("\(agent.folder.path)/agent/jobs/\(id)/events.ndjson"), as: UTF8.self)
        return try log.split(separator: "\n").map { try WireJSON.decode(JobEvent.self, from: $0.utf8) }
    }

    private func isZombie(_ process: Int) -> Bool {
        guard let status = try? contents("/proc/\(process)/stat") else { return true }
        return String(decoding: status, as: UTF8.self).contains(") Z ")
    }
}
