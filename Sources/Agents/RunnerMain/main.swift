import POSIX
import JSON
import AgentRunner
import AgentAPI
import CommandParser
import Glibc

/// `harness-runner`: one job from standard input, events on standard output.
enum RunnerCommand: Command {
    static let probe = Option.flag("probe", "Load TVM's libraries, print their versions as JSON, and exit.")
    static let tvm = Option.optional(
        "tvm", .directory(), environment: "HARNESS_TVM_DIR", "With --probe: folder of TVM's runtime libraries.")
    static let spec = CommandSpec(
        name: "harness-runner", summary: "run one compiled U-Net, measure and score it",
        discussion: """
            Reads one job description (JSON) from standard input and writes events (one JSON object a line) to standard output. \
            harness-agent starts one for each job; docs/protocol.md describes both formats, and how to write another runner.
            """,
        parameters: [probe, tvm], examples: [.init("harness-runner --probe --tvm tvm", "print which TVM is installed")])

    static func run(_ arguments: ParsedArguments) async throws -> ExitCode {
        if arguments[probe] {
            guard let folder = arguments[tvm] else { throw UsageError("--probe needs --tvm DIR") }
            let runtime = try TVMRuntime(folder: folder, threads: 1)
            print(String(decoding: try WireJSON.encode(runtime.version), as: UTF8.self))
            return .done
        }
        let job = try StandardInput.readAll()
        var session = RunnerSession(writer: EventWriter())
        return ExitCode(session.run(job: job))
    }
}

exit(
    await Program(root: .command(RunnerCommand.self), version: HarnessVersion.current)
        .run(Array(CommandLine.arguments.dropFirst())).value)
