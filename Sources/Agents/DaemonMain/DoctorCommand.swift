import JSON
import AgentDaemon
import AgentAPI
import CommandParser

/// `harness-agent doctor`
enum DoctorCommand: Command {
    static let json = Option.flag("json", "Print one JSON object.")
    static let spec = CommandSpec(
        name: "doctor",
        summary: "check what the agent needs on this board: what is there, what is missing and how to get it",
        discussion: """
            Takes the same options and the same file as the agent itself, and changes nothing. Each line has “ok”, “note” or “problem”, \
            the check and its finding; an arrow is followed by the remedy. The status is 1 if there is a problem: the agent \
            could not serve, or no job could run.

            Run it as the user the agent runs as, or it sees what only its own user may read.
            """,
        parameters: AgentOptions.parameters + [json], configuration: AgentOptions.file,
        examples: [
            .init("runuser -u harness-agent -- harness-agent doctor", "check the installed agent as its own user"),
            .init("harness-agent doctor --data /tmp/agent --tvm tvm", "check before starting one by hand"),
        ])

    static func run(_ arguments: ParsedArguments) async throws -> ExitCode {
        let (configuration, credentials) = try AgentOptions.configuration(arguments)
        let diagnosis = Doctor(configuration, credentials: credentials).examine()
        print(arguments[json] ? String(decoding: try WireJSON.encode(diagnosis), as: UTF8.self) : diagnosis.text)
        return diagnosis.canServe ? .done : .failed
    }
}
