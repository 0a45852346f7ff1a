import JSON
import AgentAPI
import FoundationEssentials
import Store
import TestSupport
import Testing

@Suite struct DispatchTests {
    @Test("Asking for more threads than cores is reported, and the run uses as many as there are")
    func threads() async throws {
        let desk = try Desk()
        let ending = try desk.run(try desk.dispatch(["bundle"], data: false) + ["--threads", "1000"])
        #expect(ending.status == 0, "\(ending.error)")
        #expect((ending.output + ending.error).contains("1000 threads are asked for; it has "))
        let run = try #require(try await desk.store().runs(.all).first)
        let threads = try #require(try await desk.store().run(run.id).threads)
        #expect(threads < 1000, "\(threads)")
    }

    @Test("A dispatch measures, scores and stores; a second one sends no bytes; the report is written")
    func whole() async throws {
        let desk = try Desk()
        let first = try desk.run(try desk.dispatch(["bundle", "bundle-other"]))
        #expect(first.status == 0, "\(first.error)")
        #expect(fileSize("\(desk.database)-wal") == nil, "all is in the one file after a dispatch")
        #expect(first.output.contains("fp32-winograd") && first.output.contains("best"))
        let again = try desk.run(try desk.dispatch(["bundle"]) + ["--json"])
        #expect(again.status == 0)
        let pushed = try #require(try desk.events(again).first { $0["event"]?.string == "pushed" })
        #expect(
            pushed["module_bytes"] == .integer(0) && pushed["sent_bytes"] == .integer(0)
                && pushed["sent_files"] == .integer(0))
        let ended = try #require(try desk.events(again).first { $0["event"]?.string == "ended" })
        #expect(["VALID", "INVALID"].contains(ended["verdict"]?.string))
        let runs = try await desk.store().runs(.all)
        #expect(runs.count == 3 && runs.allSatisfy { $0.outcome == .succeeded && $0.synthetic && !$0.emulated })
        for run in runs {
            let expected = try #require(try Fixtures.bundle(run.bundle).reference?.dice)
            #expect(abs(try #require(run.dicePatientMean) - expected) < 1e-9, "\(run.bundle)")
        }
        let detail = try await desk.store().run(runs[0].id)
        let slices = try Fixtures.dataset().patients.reduce(0) { $0 + $1.slices.count }
        #expect(detail.pictures.count >= 4 && detail.slices.count == slices && detail.phases.first?.name == .transfer)
        let compiled = try Fixtures.bundle()
        let version = try #require(compiled.tvm?.version)
        #expect(detail.board?.architecture == compiled.target.architecture)
        #expect(detail.effectiveSettingsJSON?.contains("\"\(version)\"") == true)
        #expect(
            try desk.run(["report", "--format", "html,md", "--output", "out/"]).output
                == "out/report.html\nout/report.md\n")
        #expect(fileSize("\(desk.folder.path)/out/report.html") ?? 0 > 100_000)
        #expect(try desk.run(["db", "check"]).status == 0)
        #expect(try desk.run(["runs", "show", "1"]).output.contains("Module SHA-256"))
        #expect(try desk.run(["runs", "list"]).output.split(separator: "\n").count == 4)
        #expect(try desk.run(["runs", "export", "--format", "json"]).output.hasPrefix("[{\"run_id\": 1"))
        #expect(try desk.run(["db", "backup", "copy.sqlite"]).status == 0)
        let bundle = "\(try Fixtures.folder())/bundle"
        #expect(try desk.run(["targets", "check", "--bundle", bundle]).status == 0)
        try desk.folder.write("others.json", Desk.local.replacing("x86", with: "y86"))
        let others = try desk.run(["targets", "check", "--targets", "others.json", "--bundle", bundle])
        #expect(others.status == 1 && others.output.contains("not compared: it is for target “x86”"))
        // The local agent ended with its dispatch.
        #expect(try ChildProcess.run(["pgrep", "-f", "harness-agent.*\(desk.folder.path)"]).output == "")
    }

    @Test("A coordinator killed in mid-dispatch loses no finished run, and --resume repeats none")
    func killed() async throws {
        let desk = try Desk()
        let child = try desk.start(try desk.dispatch(["bundle-null", "bundle", "bundle-other"], duration: "2s"))
        try child.waitForOutput { $0.contains("bundle: timed") }
        child.kill(9)
        _ = child.wait()
        let before = try await desk.store().runs(.all)
        #expect(before.map(\.bundle) == ["bundle-null"])
        #expect(try desk.run(["db", "check"]).status == 0)
        let resumed = try desk.run(["dispatch", "--resume"])
        #expect(resumed.status == 0, "\(resumed.output) \(resumed.error)")
        let after = try await desk.store().runs(.all)
        let finished = after.filter { $0.outcome == .succeeded }
        #expect(finished.map(\.bundle).sorted() == ["bundle", "bundle-null", "bundle-other"])
        #expect(after.filter { $0.bundle == "bundle-null" } == before)
        // The run in progress ended with the local agent and is recorded as lost.
        #expect(after.filter { $0.outcome == .lost }.map(\.bundle) == ["bundle"])
        #expect(after.filter { $0.bundle == "bundle" }.map(\.attempt).sorted() == [1, 2])
        #expect(try desk.run(["dispatch", "--resume"]).status == 64)
    }

    @Test("A job that finished while the coordinator was dead is fetched from its agent, not repeated")
    func fetched() async throws {
        let agent = try AgentProcess()
        let desk = try Desk(targets: Desk.fleet("\"agent\": \"\(agent.address)\""))
        let child = try desk.start(try desk.dispatch(["bundle"], duration: "1s"))
        try child.waitForOutput { $0.contains("bundle: timed") }
        child.kill(9)
        _ = child.wait()
        let jobs = try agent.ask("GET", "/v1/jobs").decoded([JobStatus].self)
        #expect(try agent.end(jobs[0].id).state == .succeeded)
        let resumed = try desk.run(["dispatch", "--resume"])
        #expect(resumed.status == 0, "\(resumed.error)")
        let runs = try await desk.store().runs(.all)
        #expect(runs.count == 1 && runs[0].outcome == .succeeded)
        #expect(try agent.ask("GET", "/v1/jobs").decoded([JobStatus].self).count == 1)
    }

    @Test("Ctrl-C ends with status 130 and says how to resume")
    func interrupted() async throws {
        let desk = try Desk()
        let child = try desk.start(try desk.dispatch(["bundle"], duration: "60s"))
        try child.waitForOutput { $0.contains("bundle: timed") }
        child.kill(2)
        let ending = child.wait()
        #expect(ending.status == 130)
        #expect(ending.error.contains("harness dispatch --resume"))
        #expect(try await desk.store().runs(.all).isEmpty)
    }

    @Test("A run whose agent is killed is lost, and is repeated once the agent is back")
    func agentKilled() async throws {
        let agent = try AgentProcess()
        let port = agent.address.split(separator: ":").last.map(String.init) ?? ""
        let desk = try Desk(targets: Desk.fleet("\"agent\": \"\(agent.address)\""))
        let child = try desk.start(try desk.dispatch(["bundle"], duration: "1s"))
        try child.waitForOutput { $0.contains("bundle: timed") }
        let restarted = try agent.restart(["--listen", "127.0.0.1:\(port)"])
        let ending = child.wait()
        // The agent is back, so the run was repeated at once.
        #expect(ending.status == 0, "\(ending.output) \(ending.error)")
        let runs = try await desk.store().runs(.all)
        #expect(runs.map(\.outcome) == [.succeeded, .lost] && runs.map(\.attempt) == [2, 1])
        withExtendedLifetime(restarted) {}
    }

    @Test("An unreachable agent is stored as a failure, with status 1")
    func unreachable() async throws {
        let desk = try Desk(targets: Desk.fleet("\"agent\": \"http://127.0.0.1:1\""))
        let ending = try desk.run(try desk.dispatch(["bundle"]))
        #expect(ending.status == 1)
        let run = try #require(try await desk.store().runs(.all).first)
        #expect(run.outcome == .failed && run.failureCode == "unreachable")
        #expect(try desk.run(["report"]).status == 0)
        #expect(try desk.run(["targets", "check"]).status == 1)
    }

    @Test("Each target's own TLS certificate and token are used end to end")
    func tls() async throws {
        let desk = try Desk()
        let certificate = try Certificate(in: desk.folder)
        let token = try desk.folder.write("token", "0123456789abcdef0123456789abcdef\n")
        let agent = try AgentProcess(
            [
                "--listen", "0.0.0.0:0", "--token-file", token, "--tls-cert", certificate.certificate, "--tls-key",
                certificate.key,
            ])
        let address = agent.address.replacing("0.0.0.0", with: "127.0.0.1")
        try desk.folder.write(
            "targets.json",
            Desk.fleet("\"agent\": \"\(address)\", \"ca_file\": \"cert.pem\", \"token_file\": \"token\""))
        let ending = try desk.run(try desk.dispatch(["bundle-null"]))
        #expect(ending.status == 0, "\(ending.error)")
        try desk.folder.write("targets.json", Desk.fleet("\"agent\": \"\(address)\", \"ca_file\": \"cert.pem\""))
        let refused = try desk.run(try desk.dispatch(["bundle-null"]))
        #expect(refused.status == 1 && refused.output.contains("unauthorised"))
    }

    @Test("A module that crashes is stored as a failure, and the next bundle is measured")
    func failure() async throws {
        let desk = try Desk()
        let fixtures = try Fixtures.folder()
        let source = "__attribute__((constructor)) static void start(void) { *(volatile int *)8 = 1; }"
        try desk.folder.write("bad/bundle.json", contents("\(fixtures)/bundle-null/bundle.json"))
        try compileC(source, to: "\(desk.folder.path)/bad/module.so", options: ["-shared", "-fPIC"])
        var manifest = try Fixtures.bundle("bundle-null")
        let module = try contents("\(desk.folder.path)/bad/module.so")
        manifest.name = "bad"
        manifest.module.sha256 = SHA256Digest(of: module)
        manifest.module.sizeBytes = module.count
        try desk.folder.write("bad/bundle.json", WireJSON.encode(manifest))
        let ending = try desk.run(["dispatch", "--bundle", "bad", "\(fixtures)/bundle-null", "--duration", "10ms"])
        #expect(ending.status == 1)
        let runs = try await desk.store().runs(.all)
        #expect(runs.first { $0.bundle == "bad" }?.failureCode == "runner-crashed")
        #expect(runs.first { $0.bundle == "bundle-null" }?.outcome == .succeeded)
    }
}

/// Invalid input: a clear error, a documented exit status, and nothing changed.
@Suite struct BadInputTests {
    @Test("Wrong arguments exit with status 64 and a suggestion")
    func usage() throws {
        let desk = try Desk()
        for (arguments, part) in [
            (["dispach"], "Did you mean dispatch?"), (["dispatch", "--bundel", "x"], "Did you mean --bundle?"),
            (["dispatch"], "--bundle is missing"),
            (["dispatch", "--bundle", "x", "--targets", "none.json"], "none.json does not exist"),
            (["dispatch", "--bundle", "none"], "none/bundle.json does not exist"),
            (["dispatch", "--resume", "none"], "no dispatch none"),
            (["report", "--format", "pdf"], "“pdf” is not known"), (["runs", "show", "x"], "not a whole number"),
        ] {
            let ending = try desk.run(arguments)
            #expect(ending.status == 64, "\(arguments)")
            #expect(ending.error.contains(part), "\(arguments): \(ending.error)")
            #expect(ending.output == "")
        }
    }

    @Test("A damaged bundle or data set is refused before anything is stored or sent")
    func inputs() throws {
        let desk = try Desk()
        let fixtures = try Fixtures.folder()
        _ = try ChildProcess.run(["cp", "-r", "\(fixtures)/bundle-null", "\(fixtures)/dataset", desk.folder.path])
        var module = try contents("\(desk.folder.path)/bundle-null/module.so")
        module[100] ^= 1
        try desk.folder.write("bundle-null/module.so", module)
        let changed = try desk.run(["dispatch", "--bundle", "bundle-null"])
        #expect(changed.status == 64 && changed.error.contains("SHA-256"))
        let mask = try #require(try Fixtures.dataset().patients.first?.slices.first?.mask.path)
        _ = try ChildProcess.run(["rm", "\(desk.folder.path)/dataset/\(mask)"])
        let missing = try desk.run(["dispatch", "--bundle", "\(fixtures)/bundle", "--dataset", "dataset"])
        #expect(missing.status == 64 && missing.error.contains(mask))
        let nothing = try desk.run(["dispatch", "--bundle", "\(fixtures)/bundle", "--target", "x87"])
        #expect(nothing.status == 64 && nothing.error.contains("Did you mean x86?"))
        #expect(fileSize(desk.database) == nil)
    }

    @Test("A file that is not a database exits with status 1 and stays unchanged")
    func databases() throws {
        let desk = try Desk()
        #expect(try desk.run(["runs", "list"]).error.contains("does not exist"))
        #expect(try desk.run(["db", "check"]).status == 1)
        #expect(fileSize(desk.database) == nil)
        try desk.folder.write("results.sqlite", "plain text, long enough to be looked at as a header by anyone")
        let before = try contents(desk.database)
        for arguments in [["runs", "list"], ["db", "check"], ["report"], try desk.dispatch(["bundle-null"])] {
            let ending = try desk.run(arguments)
            #expect(ending.status == 1, "\(arguments)")
            #expect(ending.error.contains("is not a SQLite database"), "\(ending.error)")
        }
        #expect(try contents(desk.database) == before)
    }

    @Test("A module for another CPU or TVM version is stored as a failure that names both")
    func mismatch() async throws {
        let desk = try Desk()
        let fixtures = try Fixtures.folder()
        let module = forAnotherCPU(try contents("\(fixtures)/bundle-null/module.so"))
        var manifest = try Fixtures.bundle("bundle-null")
        let other = manifest.target.architecture == "aarch64" ? "x86_64" : "aarch64"
        manifest.name = "foreign"
        manifest.module.sha256 = SHA256Digest(of: module)
        try desk.folder.write("foreign/module.so", module)
        try desk.folder.write("foreign/bundle.json", WireJSON.encode(manifest))
        manifest = try Fixtures.bundle("bundle-null")
        manifest.name = "old"
        manifest.tvm?.version = "0.20.0"
        try desk.folder.write("old/module.so", contents("\(fixtures)/bundle-null/module.so"))
        try desk.folder.write("old/bundle.json", WireJSON.encode(manifest))
        let ending = try desk.run(["dispatch", "--bundle", "foreign", "old"])
        #expect(ending.status == 1)
        let runs = try await desk.store().runs(.all)
        let foreign = try #require(runs.first { $0.bundle == "foreign" })
        #expect(foreign.failureCode == "wrong-architecture" && foreign.failureMessage?.contains(other) == true)
        let old = try #require(runs.first { $0.bundle == "old" })
        #expect(old.failureCode == "tvm-version-mismatch" && old.failureMessage?.contains("0.20.0") == true)
        // The TVM version in bundle.json is compared before a byte is sent.
        #expect(try await desk.store().run(old.id).sentBytes == 0)
    }

    @Test(
        "Help goes to standard output with status 0, at every level",
        arguments: [["--help"], ["help", "runs"], ["dispatch", "--help"], ["db", "backup", "-h"]])
    func help(arguments: [String]) throws {
        let ending = try Desk().run(arguments)
        #expect(ending.status == 0 && ending.error == "" && ending.output.contains("EXIT STATUS"))
    }

    @Test("Bash runs the completion script and completes options and commands")
    func completions() throws {
        let script = try Desk().run(["completions", "bash"]).output
        let option = try ChildProcess.run(
            [
                "bash", "-c",
                "\(script)\nCOMP_WORDS=(harness dispatch --bun); COMP_CWORD=2; _harness; echo \"${COMPREPLY[@]}\"",
            ])
        #expect(option.output == "--bundle\n", "\(option.error)")
        let command = try ChildProcess.run([
            "bash", "-c", "\(script)\nCOMP_WORDS=(harness d); COMP_CWORD=1; _harness; echo \"${COMPREPLY[@]}\"",
        ])
        #expect(command.output == "dispatch db\n")
    }
}
