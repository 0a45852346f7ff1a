import AgentAPI
import Glibc
import JSON
import POSIX

/// An agent on loopback that lives as long as a dispatch: the default, with no daemon to set up.
public final class LocalAgent: Sendable {
    /// Where it listens.
    public let address: String
    /// It stops when its standard input ends: also when this process is killed.
    private let process: Subprocess

    /// Starts `executable` with files in `folder` and further `runners` (`NAME=PATH`); throws `Failure` with the agent's own
    /// message. Blocks until it answers.
    public init(executable: String, folder: String, runners: [String] = []) throws(Failure) {
        let logFile = "\(folder)/agent.log"
        var command = Subprocess.Command(
            [executable, "--listen", "127.0.0.1:0", "--data", folder, "--exit-with-parent"]
                + runners.flatMap { ["--runner", $0] })
        command.input = .pipe
        command.output = .pipe
        command.error = .file(logFile)
        try asFailure { try Folder.make(folder) }
        do throws(SystemError) {
            process = try Subprocess(command)
        } catch {
            throw Failure(.runnerMissing, "\(error.problem): \(error.reason). Build it with “make release”.")
        }
        guard let listening = Self.address(in: process.takeOutput()) else {
            process.closeInput()
            process.wait()
            let log = (try? File.read(logFile)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            let reason = log.split(separator: "\n").first.map(String.init) ?? "it wrote no message"
            throw Failure(.unreachable, "the local agent did not start: \(reason)")
        }
        address = listening
    }

    /// From the one line that an agent prints when it is ready; nil if it ends without.
    private static func address(in output: consuming FileDescriptor) -> String? {
        struct Ready: Decodable { var listening: String }
        var reader = LineReader(maximumLength: 1 << 16)
        var buffer = [UInt8](repeating: 0, count: 1 << 12)
        while let count = try? buffer.withUnsafeMutableBytes({ try output.read(into: $0) }), count > 0 {
            guard let lines = try? reader.add(buffer[..<count]) else { return nil }
            if let line = lines.first { return (try? WireJSON.decode(Ready.self, from: line))?.listening }
        }
        return nil
    }

    /// Stops the agent cleanly and waits for its end.
    public func stop() {
        process.closeInput()
        process.wait()
    }
}
