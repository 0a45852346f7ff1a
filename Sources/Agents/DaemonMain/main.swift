import AgentDaemon
import AgentAPI
import CommandParser
import POSIX
import Glibc

/// `harness-agent`: the daemon on a board.
enum AgentCommand: Command {
    static let exitWithParent = Option.flag("exit-with-parent", "Stop when standard input ends.")
    static let spec = CommandSpec(
        name: "harness-agent", summary: "measure modules on this board for harness",
        discussion: """
            Serves HTTP, keeps modules and data sets by their SHA-256, and runs one job at a time, each in a process \
            of its own. When it is ready it prints one line of JSON with its address; everything else goes to standard error.

            SIGTERM stops it cleanly: a running job ends as “lost”, finished results stay.
            """,
        parameters: AgentOptions.parameters + [exitWithParent], configuration: AgentOptions.file,
        examples: [
            .init("harness-agent --data /var/lib/harness", "listen on loopback"),
            .init(
                "harness-agent --listen 0.0.0.0:7411 --data /var/lib/harness --token-file token --tls-cert cert.pem --tls-key key.pem",
                "listen for other machines"),
            .init("harness-agent doctor --data /var/lib/harness", "check whether it could start, and what is missing"),
        ])

    static func run(_ arguments: ParsedArguments) async throws -> ExitCode {
        StopSignal.install()
        let server: AgentServer
        do {
            var (configuration, credentials) = try AgentOptions.configuration(arguments)
            try credentials.load(into: &configuration)
            server = try AgentServer(configuration)
        } catch let failure as Failure where failure.code == .invalidRequest {
            throw UsageError(failure.message)
        }
        print("{\"listening\":\"\(server.address)\"}")
        fflush(nil)
        if arguments[exitWithParent] { stopWhenInputEnds() }
        StopSignal.wakeup.wait()
        server.stop()
        return .done
    }

    /// Takes the same way out as SIGTERM.
    private static func stopWhenInputEnds() {
        startThread {
            _ = try? StandardInput.readAll()
            StopSignal.wakeup.signal()
        }
    }
}

exit(
    await Program(
        root: .command(AgentCommand.self, [.command(DoctorCommand.self)]), version: HarnessVersion.current,
        manualSection: 8
    ).run(Array(CommandLine.arguments.dropFirst())).value)
