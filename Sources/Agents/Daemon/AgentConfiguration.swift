import AgentWire
import Glibc

/// Everything an agent is told when it starts.
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
        self.host = host
        self.port = port
        self.dataFolder = dataFolder
        self.runners = runners
    }

    /// Whether only programs on this machine can connect.
    var isLoopback: Bool { host.hasPrefix("127.") || host == "::1" }

    /// Refuses to be reachable from elsewhere without a token and TLS; throws `invalid-request`.
    func check() throws(Failure) {
        if !isLoopback, token == nil || tls == nil { throw unprotected }
        if let token { try Self.check(token: token) }
    }

    /// What is said of an agent that others could reach without a token or without TLS.
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

    /// The folder of TVM's libraries: `chosen`, or the first of the usual places that has a runtime.json.
    ///
    /// They are `tvm` beside the program, `/usr/lib/harness/tvm`, and `build/tvm-runtime/<architecture>` in this folder or any
    /// above the program.
    public static func findTVM(chosen: String?, program: String) -> String? {
        if let chosen { return chosen }
        var places = ["\(OwnProgram.folder(of: program))/tvm", "/usr/lib/harness/tvm"]
        let built = "build/tvm-runtime/\(BoardFacts.architecture)"
        places.append(built)
        var above = OwnProgram.folder(of: program)
        while above.count > 1 {
            places.append("\(above)/\(built)")
            above = OwnProgram.folder(of: above)
        }
        return places.first { access($0 + "/runtime.json", F_OK) == 0 }
    }
}
