import POSIX
import AgentAPI
import Glibc

/// Everything an agent is started with.
public struct AgentConfiguration: Sendable {
    /// IP address to listen on.
    public var host: String
    /// Port to listen on; 0 for any free one.
    public var port: UInt16
    /// Where blobs and jobs are kept.
    public var dataFolder: String
    /// Programs that run jobs, by the names jobs ask for.
    public var runners: [String: String]
    /// Folder of TVM's runtime libraries; nil if none was found.
    public var tvmFolder: String?
    /// What clients must present; nil on loopback only.
    public var token: String?
    /// Certificate and key as PEM; nil on loopback only.
    public var tls: (certificate: String, key: String)?
    /// Bytes of the disk that uploads never fill.
    public var keepFreeBytes = 64 << 20
    /// Folder under which the board's facts are read; empty for the real ones.
    public var factsRoot = ""
    /// NVIDIA's management library; it comes with the driver, and a board without a GPU has none.
    public var nvmlLibrary = "libnvidia-ml.so.1"
    /// `HARNESS_EMULATED`: 1 or 0 overrides what the agent finds.
    public var emulated: String?

    /// An agent on loopback that keeps its files in `dataFolder`.
    public init(host: String = "127.0.0.1", port: UInt16 = 0, dataFolder: String, runners: [String: String] = [:]) {
        (self.host, self.port, self.dataFolder, self.runners) = (host, port, dataFolder, runners)
    }

    /// Whether only programs on this machine can connect.
    var isLoopback: Bool { host.hasPrefix("127.") || host == "::1" }

    /// Refuses to be reachable from elsewhere without a token and TLS; throws `invalid-request`.
    func check() throws(Failure) {
        if !isLoopback, token == nil || tls == nil { throw unprotected }
        if let token { try Self.check(token: token) }
    }

    /// The error for an agent that others could reach without a token or without TLS.
    var unprotected: Failure {
        Failure(
            .invalidRequest,
            "listening on \(host) needs --token-file and --tls-cert with --tls-key: anyone who reaches the agent can run code on the board. Listen on 127.0.0.1 without them."
        )
    }

    /// Refuses a token that can be guessed; throws `invalid-request`.
    static func check(token: String) throws(Failure) {
        guard token.utf8.count < 16 else { return }
        throw Failure(
            .invalidRequest,
            "the token has \(token.utf8.count) characters; use at least 16, for example from “openssl rand -hex 32”."
        )
    }

    /// Names of the runners that one program, harness-python-runner, is.
    static let pythonRunners = ["pytorch", "onnxruntime"]

    /// The runners of an agent whose program is at `program`, by name; `named` (`NAME=PATH`) come first.
    ///
    /// `tvm` is harness-runner beside the program. `pytorch` and `onnxruntime` are harness-python-runner, if there is one beside
    /// the program or in `build/venv/bin` of this folder or any above the program. Throws `invalid-request`.
    public static func findRunners(named: [String], program: String) throws(Failure) -> [String: String] {
        var runners = ["tvm": "\(Folder.of(program))/harness-runner"]
        let places = ["\(Folder.of(program))/"] + places(of: "build/venv/bin/", program: program)
        if let python = places.map({ $0 + "harness-python-runner" }).first(where: { access($0, X_OK) == 0 }) {
            for name in pythonRunners { runners[name] = python }
        }
        for text in named {
            let parts = text.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { throw Failure(.invalidRequest, "--runner: “\(text)” is not NAME=PATH") }
            runners[String(parts[0])] = String(parts[1])
        }
        return runners
    }

    /// `path` in this folder and in every one above the program.
    private static func places(of path: String, program: String) -> [String] {
        var places = [path]
        var above = Folder.of(program)
        while above.count > 1 {
            places.append("\(above)/\(path)")
            above = Folder.of(above)
        }
        return places
    }

    /// The folder of TVM's libraries: `chosen`, or the first of the default places that has a runtime.json.
    ///
    /// They are `tvm` beside the program, `/usr/lib/harness/tvm`, and `build/tvm-runtime/<architecture>` in this folder or any
    /// above the program.
    public static func findTVM(chosen: String?, program: String) -> String? {
        if let chosen { return chosen }
        let installed = ["\(Folder.of(program))/tvm", "/usr/lib/harness/tvm"]
        let places = installed + places(of: "build/tvm-runtime/\(BoardFacts.architecture)", program: program)
        return places.first { access($0 + "/runtime.json", F_OK) == 0 }
    }
}
