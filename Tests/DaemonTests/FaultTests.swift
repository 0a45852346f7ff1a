import AgentAPI
import TestSupport
import Testing

@testable import AgentDaemon

/// Runners and modules that do everything wrong: each ends as a stored failure with its reason, and the next job runs.
@Suite struct FaultTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        var name: String
        /// The runner's shell script, or the module in C.
        var source: String
        var state = Outcome.failed
        var code: FailureCode
        var message: String
        var memoryLimitBytes: Int?
        var timeLimitNs: Int64 = 60_000_000_000
        var testDescription: String { name }
    }

    static let runners = [
        Fault(name: "segfaults", source: "kill -SEGV $$", code: .runnerCrashed, message: "SIGSEGV"),
        Fault(
            name: "hits an illegal instruction", source: "kill -ILL $$", code: .runnerCrashed,
            message: "instruction this CPU does not have"),
        Fault(
            name: "aborts with a message", source: "echo 'assertion failed' >&2; kill -ABRT $$", code: .runnerCrashed,
            message: "assertion failed"),
        Fault(name: "is killed", source: "kill -KILL $$", code: .outOfMemory, message: "the system killed the runner"),
        Fault(name: "exits with a status", source: "echo broken >&2; exit 3", code: .runnerExited, message: "status 3"),
        Fault(name: "exits silently", source: "exit 0", code: .runnerProtocol, message: "without a “done” event"),
        Fault(
            name: "prints garbage", source: "echo hello world; sleep 1000", code: .runnerProtocol,
            message: "hello world"),
        Fault(
            name: "prints control characters", source: "printf '\\033[2J\\001\\n'; sleep 1000", code: .runnerProtocol,
            message: "·[2J·"),
        Fault(
            name: "prints an endless line", source: "yes | tr -d '\\n'", code: .runnerProtocol,
            message: "a line of more than"),
        Fault(
            name: "writes half a line", source: "printf '{\"type\":\"done\"'", code: .runnerProtocol,
            message: "without a “done” event"),
        Fault(
            name: "hangs", source: "exec sleep 1000", state: .timedOut, code: .timeLimit, message: "--time-limit",
            timeLimitNs: 300_000_000),
        Fault(
            name: "hangs and ignores SIGTERM", source: "trap '' TERM; while :; do sleep 0.05; done", state: .timedOut,
            code: .timeLimit,
            message: "--time-limit", timeLimitNs: 300_000_000),
        Fault(
            name: "leaves a child that holds its pipes", source: "sleep 1000 & exit 4", code: .runnerExited,
            message: "status 4"),
        Fault(
            name: "fails with its own code",
            source: "echo '{\"type\":\"failed\",\"failure\":{\"code\":\"mine\",\"message\":\"no luck\"}}'; exit 1",
            code: .init(rawValue: "mine"), message: "no luck"),
    ]

    @Test("A runner that misbehaves is a failure with its reason, and the next job runs", arguments: runners)
    func runner(fault: Fault) throws {
        let scripts = try TemporaryFolder()
        let bad = try scripts.write("bad", "#!/bin/bash\n\(fault.source)\n", executable: true)
        let good = try scripts.write("good", JobTests.good, executable: true)
        let agent = try AgentProcess(["--runner", "bad=\(bad)", "--runner", "good=\(good)"])
        let module = try contents("\(Fixtures.folder())/bundle-null/module.so")
        try agent.put(module)
        try expect(
            fault, of: .plain("bad", module: module, runner: "bad"),
            before: .plain("next", module: module, runner: "good"), on: agent)
    }

    private func expect(_ fault: Fault, of bad: JobRequest, before next: JobRequest, on agent: AgentProcess) throws {
        var bad = bad
        bad.settings.memoryLimitBytes = fault.memoryLimitBytes
        bad.settings.timeLimitNs = fault.timeLimitNs
        #expect(try agent.post(bad).status == 201)
        #expect(try agent.post(next).status == 201)
        let end = try agent.end(bad.id)
        #expect(end.state == fault.state)
        #expect(end.failure?.code == fault.code, "\(end.failure?.message ?? "")")
        #expect(end.failure?.message.contains(fault.message) == true, "\(end.failure?.message ?? "")")
        #expect(try agent.end(next.id).state == .succeeded)
    }

    @Test("A runner that cannot be started is a failure that names it")
    func unstartable() throws {
        let agent = try AgentProcess(["--runner", "none=/nonexistent/runner"])
        let module = try contents("\(Fixtures.folder())/bundle-null/module.so")
        try agent.put(module)
        _ = try agent.post(.plain("x", module: module, runner: "none"))
        let end = try agent.end("x")
        #expect(end.failure?.code == .runnerMissing && end.failure?.message.contains("/nonexistent/runner") == true)
    }

    private static let constructor =
        "#include <stdlib.h>\n#include <stdio.h>\n#include <string.h>\n#include <unistd.h>\n__attribute__((constructor)) static void start(void)"
    /// The one encoding that x86 and ARM each promise never to define.
    private static let undefined = BoardFacts.architecture == "x86_64" ? "\"ud2\"" : "\"udf #0\""
    /// QEMU ignores limits of memory: under it the module that fills memory would fill the machine's.
    static let modulesToTry: [Fault] = modules.filter { !Fixtures.isEmulated || $0.memoryLimitBytes == nil }
    static let modules = [
        Fault(
            name: "segfaults", source: "\(constructor) { *(volatile int *)8 = 1; }", code: .runnerCrashed,
            message: "SIGSEGV"),
        Fault(
            name: "uses an instruction that no CPU has", source: "\(constructor) { __asm__(\(undefined)); }",
            code: .runnerCrashed, message: "SIGILL"),
        Fault(name: "exits", source: "\(constructor) { _exit(7); }", code: .runnerExited, message: "status 7"),
        Fault(
            name: "exits as if all were well", source: "\(constructor) { _exit(0); }", code: .runnerProtocol,
            message: "without a “done” event"),
        Fault(
            name: "hangs", source: "\(constructor) { for (;;) pause(); }", state: .timedOut, code: .timeLimit,
            message: "--time-limit", timeLimitNs: 1_000_000_000),
        Fault(
            name: "fills memory", source: "\(constructor) { for (;;) memset(malloc(1 << 20), 1, 1 << 20); }",
            code: .outOfMemory, message: "limit of 300 MiB",
            memoryLimitBytes: 300 << 20),
        Fault(
            name: "prints garbage", source: "\(constructor) { puts(\"garbage\"); fflush(stdout); }", code: .moduleLoad,
            message: "TVM cannot load"),
    ]

    @Test(
        "A module that misbehaves in the real runner is a failure with its reason, and the next job runs",
        arguments: modulesToTry)
    func module(fault: Fault) throws {
        let folder = try TemporaryFolder()
        try compileC(fault.source, to: "\(folder.path)/bad.so", options: ["-shared", "-fPIC"])
        let agent = try AgentProcess()
        let bad = try contents("\(folder.path)/bad.so")
        let good = try contents("\(Fixtures.folder())/bundle-null/module.so")
        try agent.put(bad)
        try agent.put(good)
        try expect(fault, of: .plain("bad", module: bad), before: .plain("next", module: good), on: agent)
    }
}
