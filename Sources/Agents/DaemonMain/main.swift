import AgentDaemon
import AgentWire
import CommandParser
import FoundationEssentials
import Glibc

/// `harness-agent`: the daemon on a board.
enum AgentCommand: Command {
    static let listen = Option.one(
        "listen", .text("ADDRESS:PORT"), default: "127.0.0.1:7411",
        "IP address and port. Port 0 takes a free one. Beyond loopback a token and TLS are needed.")
    static let data = Option.required("data", .directory(), "Folder for blobs and jobs; made if it is missing.")
    static let tvm = Option.optional(
        "tvm", .directory(), environment: "HARNESS_TVM_DIR",
        "Folder of TVM's runtime libraries. Looked for beside the program, in /usr/lib/harness/tvm and in build/ if not given."
    )
    static let runner = Option.list(
        "runner", .text("NAME=PATH"), "A program that runs jobs. “tvm” is harness-runner beside the agent if not given."
    )
    static let tokenFile = Option.optional(
        "token-file", .file(), environment: "HARNESS_TOKEN_FILE", "File with the token clients must present.")
    static let certificate = Option.optional("tls-cert", .file(), "Certificate, PEM.")
    static let key = Option.optional("tls-key", .file(), "The certificate's key, PEM.")
    static let keepFree = Option.one(
        "keep-free", .bytes(), default: 64 << 20, shown: "64MiB", "Space on the disk that uploads never fill.")
    static let exitWithParent = Option.flag("exit-with-parent", "Stop when standard input ends.")
    static let spec = CommandSpec(
        name: "harness-agent", summary: "let harness measure modules on this board",
        discussion: """
            Serves HTTP, keeps modules and data sets by their SHA-256, and runs one job at a time on each device, each in a process \
            of its own. When it is ready it prints one line of JSON with its address; everything else goes to standard error.

            SIGTERM stops it cleanly: a running job ends as “lost”, finished results stay.
            """,
        parameters: [listen, data, tvm, runner, tokenFile, certificate, key, keepFree, exitWithParent],
        examples: [
            .init("harness-agent --data /var/lib/harness", "listen on loopback"),
            .init(
                "harness-agent --listen 0.0.0.0:7411 --data /var/lib/harness --token-file token --tls-cert cert.pem --tls-key key.pem",
                "listen for other machines"),
        ])

    static func run(_ arguments: ParsedArguments) async throws -> ExitCode {
        StopSignal.install()
        let server: AgentServer
        do {
            server = try AgentServer(configuration(arguments))
        } catch let failure as Failure where failure.code == .invalidRequest {
            throw UsageError(failure.message)
        }
        print("{\"listening\":\"\(server.address)\"}")
        fflush(nil)
        if arguments[exitWithParent] { stopWhenInputEnds() }
        StopSignal.wait()
        server.stop()
        return .done
    }

    private static func configuration(_ arguments: ParsedArguments) throws -> AgentConfiguration {
        let (host, port) = try address(arguments[listen])
        var runners = ["tvm": OwnProgram.sibling("harness-runner")]
        for text in arguments[runner] {
            let parts = text.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { throw UsageError("--runner: “\(text)” is not NAME=PATH") }
            runners[String(parts[0])] = String(parts[1])
        }
        var result = AgentConfiguration(host: host, port: port, dataFolder: arguments[data], runners: runners)
        result.tvmFolder = AgentConfiguration.findTVM(chosen: arguments[tvm], program: OwnProgram.path)
        result.token = try arguments[tokenFile].map { path in
            let text = String(decoding: try contents(path), as: UTF8.self)
            return String(text.filter { !$0.isWhitespace })
        }
        switch (arguments[certificate], arguments[key]) {
        case (nil, nil): break
        case (let certificate?, let key?):
            result.tls = (
                String(decoding: try contents(certificate), as: UTF8.self),
                String(decoding: try contents(key), as: UTF8.self)
            )
        default: throw UsageError("--tls-cert and --tls-key go together")
        }
        result.keepFreeBytes = arguments[keepFree]
        result.emulated = Program.environment["HARNESS_EMULATED"]
        if let library = Program.environment["HARNESS_NVML"] { result.nvmlLibrary = library }
        return result
    }

    private static func contents(_ path: String) throws -> Data {
        do {
            return try Data(contentsOf: URL(filePath: path))
        } catch {
            throw Failure(.invalidRequest, "\(path) cannot be read: does it exist, and may this user read it?")
        }
    }

    private static func address(_ text: String) throws(UsageError) -> (String, UInt16) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw UsageError("--listen: “\(text)” is not ADDRESS:PORT, such as 127.0.0.1:7411 or [::1]:7411")
        }
        return (String(text[..<colon].filter { $0 != "[" && $0 != "]" }), port)
    }

    /// Takes the same way out as SIGTERM.
    private static func stopWhenInputEnds() {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { _ in
                var byte: UInt8 = 0
                while true {
                    let count = read(STDIN_FILENO, &byte, 1)
                    if count == 0 || (count < 0 && errno != EINTR) { break }
                }
                StopSignal.send()
                return nil
            }, nil)
    }
}

exit(
    await Program(root: .command(AgentCommand.self), version: HarnessVersion.current)
        .run(Array(CommandLine.arguments.dropFirst())).value)
