import JSON
import AgentAPI
import FoundationEssentials
import Glibc

/// An agent on loopback that lives as long as a dispatch: the default, with no daemon to set up.
public final class LocalAgent: Sendable {
    /// Where it listens.
    public let address: String
    private let process: pid_t
    /// The agent stops when this end of its standard input is closed: also when this process is killed.
    private let leash: Int32

    /// Starts `executable` with files in `folder` and further `runners` (`NAME=PATH`); throws `Failure` with the agent's own
    /// words. Blocks until it answers.
    public init(executable: String, folder: String, runners: [String] = []) throws(Failure) {
        var input: [Int32] = [0, 0]
        var output: [Int32] = [0, 0]
        guard pipe(&input) == 0, pipe(&output) == 0 else {
            throw Failure(.internalError, "no pipe: \(String(cString: strerror(errno))).")
        }
        // Our ends must not live on in any other program, or the leash would hold after our death.
        for end in [input[1], output[0]] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let logFile = "\(folder)/agent.log"
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input[0], 0)
        posix_spawn_file_actions_adddup2(&actions, output[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, logFile, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        posix_spawn_file_actions_addclose(&actions, input[0])
        posix_spawn_file_actions_addclose(&actions, output[1])
        // A group of its own: Ctrl-C is for the coordinator, which then ends the agent in order.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        let words =
            [executable, "--listen", "127.0.0.1:0", "--data", folder, "--exit-with-parent"]
            + runners.flatMap { ["--runner", $0] }
        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var started: pid_t = 0
        let status = posix_spawn(&started, executable, &actions, &attributes, arguments, environ)
        close(input[0])
        close(output[1])
        defer { close(output[0]) }
        guard status == 0 else {
            close(input[1])
            throw Failure(
                .runnerMissing,
                "\(executable) cannot be started: \(String(cString: strerror(status))). Build it with “make release”.")
        }
        process = started
        leash = input[1]
        guard let listening = Self.firstLine(output[0]) else {
            close(input[1])
            var ended: Int32 = 0
            waitpid(started, &ended, 0)
            let said = (try? Data(contentsOf: URL(filePath: logFile))).map { String(decoding: $0, as: UTF8.self) } ?? ""
            let words = said.split(separator: "\n").first.map(String.init) ?? "it said nothing"
            throw Failure(.unreachable, "the local agent did not start: \(words)")
        }
        address = listening
    }

    private static func firstLine(_ descriptor: Int32) -> String? {
        struct Ready: Decodable { var listening: String }
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while true {
            let count = read(descriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return nil }
            if byte == UInt8(ascii: "\n") { break }
            line.append(byte)
        }
        return (try? WireJSON.decode(Ready.self, from: line))?.listening
    }

    /// Stops the agent cleanly and waits for its end.
    public func stop() {
        close(leash)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
    }
}
