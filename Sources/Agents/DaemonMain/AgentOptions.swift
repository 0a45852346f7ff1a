import AgentDaemon
import AgentAPI
import CommandParser

/// The options that `harness-agent` and `harness-agent doctor` share, on the command line or in agent.conf.
enum AgentOptions {
    static let listen = Option.one(
        "listen", .text("ADDRESS:PORT"), default: "127.0.0.1:7411",
        "IP address and port. Port 0 takes a free one. An address other than loopback needs a token and TLS.")
    static let data = Option.required("data", .directory(), "Folder for blobs and jobs; created if missing.")
    static let tvm = Option.optional(
        "tvm", .directory(), environment: "HARNESS_TVM_DIR",
        "Folder of TVM's runtime libraries. Looked for beside the program, in /usr/lib/harness/tvm and in build/ if not given."
    )
    static let runner = Option.list(
        "runner", .text("NAME=PATH"),
        "A program that runs jobs. If not given, “tvm” is harness-runner beside the agent, “pytorch” and “onnxruntime” are harness-python-runner beside it or in build/venv/bin."
    )
    static let tokenFile = Option.optional(
        "token-file", .file(), environment: "HARNESS_TOKEN_FILE", "File with the token clients must present.")
    static let certificate = Option.optional("tls-cert", .file(), "Certificate, PEM.")
    static let key = Option.optional("tls-key", .file(), "The certificate's key, PEM.")
    static let keepFree = Option.one(
        "keep-free", .bytes(), default: 64 << 20, shown: "64MiB", "Disk space that uploads leave free.")
    static let parameters: [any Parameter] = [listen, data, tvm, runner, tokenFile, certificate, key, keepFree]

    static let file = ConfigurationFile(
        option: Option.optional(
            "config", .file(), environment: "HARNESS_AGENT_CONFIG", "File with options as lines of “key = value”."),
        defaultPath: "/etc/harness/agent.conf", summary: "options of harness-agent on this board", keys: parameters,
        standsInFor: data)

    /// The agent's configuration without its secrets, and where those lie.
    static func configuration(_ arguments: ParsedArguments) throws(UsageError) -> (AgentConfiguration, CredentialFiles)
    {
        let (host, port) = try address(arguments[listen])
        let runners: [String: String]
        do {
            runners = try AgentConfiguration.findRunners(named: arguments[runner], program: OwnProgram.path)
        } catch {
            throw UsageError(error.message)
        }
        var result = AgentConfiguration(host: host, port: port, dataFolder: arguments[data], runners: runners)
        result.tvmFolder = AgentConfiguration.findTVM(chosen: arguments[tvm], program: OwnProgram.path)
        result.keepFreeBytes = arguments[keepFree]
        result.emulated = Program.environment["HARNESS_EMULATED"]
        if let library = Program.environment["HARNESS_NVML"] { result.nvmlLibrary = library }
        let secrets = CredentialFiles(
            token: arguments[tokenFile], certificate: arguments[certificate], key: arguments[key])
        return (result, secrets)
    }

    private static func address(_ text: String) throws(UsageError) -> (String, UInt16) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw UsageError("--listen: “\(text)” is not ADDRESS:PORT, such as 127.0.0.1:7411 or [::1]:7411")
        }
        return (String(text[..<colon].filter { $0 != "[" && $0 != "]" }), port)
    }
}
