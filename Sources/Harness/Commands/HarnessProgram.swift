import AgentAPI
import CommandParser

/// `harness` and all its commands.
public enum HarnessProgram {
    /// The program, as `main` runs it and the completions describe it.
    public static let program = Program(
        root: .group(
            name: "harness", summary: "benchmark compiled U-Nets on boards, and keep the results",
            [
                .command(DispatchCommand.self),
                .command(TuneCommand.self),
                .command(ProfileCommand.self),
                .group(name: "targets", summary: "manage the fleet", [.command(TargetsCheckCommand.self)]),
                .group(
                    name: "runs", summary: "show stored runs",
                    [.command(RunsListCommand.self), .command(RunsShowCommand.self), .command(RunsExportCommand.self)]),
                .command(CompareCommand.self),
                .command(ReportCommand.self),
                .group(
                    name: "db", summary: "manage the results database",
                    [
                        .command(DatabaseInfoCommand.self), .command(DatabaseCheckCommand.self),
                        .command(DatabaseBackupCommand.self),
                    ]),
                .command(CompletionsCommand.self),
            ]), version: HarnessVersion.current)

    /// Runs the command that `arguments` name (without the program's name), and says how the program ends.
    public static func run(_ arguments: [String]) async -> ExitCode { Terminal.status(await program.run(arguments)) }
}

/// Options that several commands share.
enum Shared {
    static let database = Option.one(
        "db", .file(), default: "results.sqlite", environment: "HARNESS_DB", "The results database.")
    static let targets = Option.one(
        "targets", .file(), default: "targets.json", environment: "HARNESS_TARGETS", "The fleet.")
    static let target = Option.list("target", .text("NAME"), "Only this target; may be repeated. All if not given.")
    static let runner = Option.list(
        "runner", .text("NAME=PATH"),
        "A program that runs jobs, for local agents; may be repeated. They find “tvm”, “pytorch” and “onnxruntime” themselves."
    )
    static let threads = Option.optional(
        "threads", .integer(in: 1...1024), "Threads of the module. If not given: as targets.json says, or all cores.")
    static let dispatch = Option.optional("dispatch", .text("ID"), "Only the runs of this dispatch.")
}
