import FoundationEssentials
import TestSupport
import Testing

@Suite struct ManualTests {
    /// The pages that a program writes.
    private func pages(of program: String, in folder: TemporaryFolder) throws -> [String] {
        let ending = try ChildProcess.run(
            [Fixtures.program(program), "--write-manual", folder.path], environment: ["SOURCE_DATE_EPOCH": "86400"])
        #expect(ending.status == 0 && ending.error == "")
        return ending.output.split(separator: "\n").map(String.init)
    }

    @Test(
        "Every program's manual pages pass groff and mandoc without a warning",
        arguments: [
            ("harness-agent", ["harness-agent.8", "harness-agent-doctor.8", "agent.conf.5"]),
            ("harness-runner", ["harness-runner.1"]),
            ("harness", ["harness.1", "harness-dispatch.1", "harness-runs.1", "harness-runs-list.1"]),
        ])
    func lint(program: String, expected: [String]) throws {
        let folder = try TemporaryFolder()
        let files = try pages(of: program, in: folder)
        #expect(Set(files).isSuperset(of: expected.map { "\(folder.path)/\($0)" }))
        for file in files {
            for device in ["utf8", "ascii"] {
                let groff = try ChildProcess.run(["groff", "-ww", "-man", "-T\(device)", "-z", file])
                #expect(groff.status == 0 && groff.error == "", "\(file): \(groff.error)")
            }
            let mandoc = try ChildProcess.run(["mandoc", "-T", "lint", "-W", "warning", file])
            #expect(mandoc.status == 0 && mandoc.output + mandoc.error == "", "\(mandoc.output)\(mandoc.error)")
        }
    }

    @Test("A page has what the help has, and bears the source's date")
    func content() throws {
        let folder = try TemporaryFolder()
        _ = try pages(of: "harness-agent", in: folder)
        func shown(_ page: String) throws -> String {
            // Overstruck letters, as for a printer, taken off again.
            try ChildProcess.run(["groff", "-man", "-Tutf8", "-P-cbou", "\(folder.path)/\(page)"]).output
                .split(separator: " ").joined(separator: " ")
        }
        let agent = try shown("harness-agent.8")
        for part in [
            "harness-agent - measure modules on this board", "harness-agent COMMAND [OPTION...]",
            "--listen ADDRESS:PORT",
            "HARNESS_TVM_DIR", "/etc/harness/agent.conf", "harness-agent-doctor(8), agent.conf(5)", "1970-01-02",
            "64 wrong command line",
        ] { #expect(agent.contains(part), "\(part)") }
        let file = try shown("agent.conf.5")
        for part in ["listen = ADDRESS:PORT", "Default: 127.0.0.1:7411.", "Only runner", "harness-agent(8)"] {
            #expect(file.contains(part), "\(part)")
        }
        #expect(!file.contains("exit-with-parent") && !file.contains("config ="))
    }

    @Test("A folder that cannot be written to is an error with status 1, a missing one with 64")
    func refused() throws {
        let program = try Fixtures.program("harness-agent")
        #expect(try ChildProcess.run([program, "--write-manual", "/nowhere/at/all"]).status == 1)
        #expect(try ChildProcess.run([program, "--write-manual"]).status == 64)
    }
}
