import POSIX
import AgentClient
import AgentAPI
import Dispatch

/// Where local agents come from and keep their files.
public struct LocalAgents: Sendable {
    /// The program harness-agent.
    public var executable: String
    /// Each target has a folder of its name in it.
    public var folder: String
    /// Runners besides those they find themselves, as `NAME=PATH`.
    public var runners: [String]

    /// Agents of `executable`, with a folder each in `folder`.
    public init(executable: String, folder: String, runners: [String] = []) {
        (self.executable, self.folder, self.runners) = (executable, folder, runners)
    }
}

/// A target's agent while it is used. A local target's is started for it, and stopped by `close`.
struct BoardConnection: Sendable {
    let client: AgentClient
    private let agent: LocalAgent?

    /// Throws `Failure` for a local agent that does not start and for a file of the target's that cannot be read; whether
    /// another agent answers shows with the first question.
    static func open(
        _ target: Fleet.Target, in fleet: Fleet, localAgents: LocalAgents
    ) async throws -> BoardConnection {
        guard target.isLocal else { return BoardConnection(client: try target.client(in: fleet), agent: nil) }
        // Starting a process and waiting for its first line blocks; the cooperative pool must not.
        let agent = try await offPool {
            try LocalAgent(
                executable: localAgents.executable, folder: "\(localAgents.folder)/\(target.name)",
                runners: localAgents.runners)
        }
        return BoardConnection(client: AgentClient(address: agent.address), agent: agent)
    }

    func close() { agent?.stop() }
}

extension Fleet.Target {
    /// A client of the target's agent, with its token and authorities; throws `Failure` for a file that cannot be read.
    public func client(in fleet: Fleet) throws -> AgentClient {
        func unreadable(_ path: String, _ key: String, _ source: String) -> Failure {
            Failure(.invalidRequest, "\(path), the \(key) of target \(name), cannot be read. Copy it from \(source).")
        }
        let token = try tokenFile.map(fleet.resolve).map { path in
            guard let bytes = try? File.read(path) else { throw unreadable(path, "token_file", "the board") }
            return String(String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace })
        }
        let authorities = caFile.map(fleet.resolve)
        if let authorities, !File.isReadable(authorities) {
            throw unreadable(authorities, "ca_file", "where the certificate was made")
        }
        return AgentClient(address: agent, token: token, caFile: authorities)
    }
}

/// Runs blocking work on a thread of Dispatch's.
func offPool<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(with: Result { try work() }) }
    }
}
