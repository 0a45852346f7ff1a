import Glibc
import POSIX

/// A real program, started, spoken to, killed.
public final class ChildProcess: Sendable {
    /// What a program left when it ended.
    public struct Ending: Sendable {
        /// Exit status; nil if a signal ended it.
        public var status: Int32?
        /// The signal that ended it.
        public var signal: Int32?
        /// All of its standard output.
        public var output: String
        /// All of its standard error.
        public var error: String
    }

    private let process: Subprocess
    private let outputFile: String
    private let errorFile: String
    private let folder: TemporaryFolder

    /// Starts `arguments` in the folder `directory`; output goes to files, so that nothing can block. Without `input` its standard
    /// input stays open until it has been waited for.
    public init(
        _ arguments: [String], input: [UInt8]? = nil, environment: [String: String] = [:], in directory: String? = nil
    ) throws {
        folder = try TemporaryFolder()
        outputFile = "\(folder.path)/output"
        errorFile = "\(folder.path)/error"
        var command = Subprocess.Command(arguments)
        command.environment.merge(environment) { _, own in own }
        command.folder = directory
        command.input = .pipe
        command.output = .file(outputFile)
        command.error = .file(errorFile)
        command.leadsGroup = false
        do {
            process = try Subprocess(command)
        } catch {
            throw Problem(message: "\(error)")
        }
        if let input {
            // A program that ends without reading it all says why itself.
            try? process.send(input)
            process.closeInput()
        }
    }

    /// Runs a program to its end.
    public static func run(
        _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:], in directory: String? = nil
    ) throws -> Ending {
        try ChildProcess(arguments, input: input, environment: environment, in: directory).wait()
    }

    /// Sends a signal; none once the end has been waited for, when the number may be another process's.
    public func kill(_ signal: Int32) { process.signal(signal) }

    /// Waits for the end; at once if it has been waited for before.
    public func wait() -> Ending {
        let ending = process.wait()
        process.closeInput()
        return Ending(status: ending.status, signal: ending.signal, output: output, error: error)
    }

    /// Standard output so far.
    public var output: String { Self.text(outputFile) }
    /// Standard error so far.
    public var error: String { Self.text(errorFile) }

    /// Waits until `condition` holds for the output so far; throws if the program ends or a minute passes first.
    public func waitForOutput(_ condition: (String) -> Bool) throws {
        for _ in 0..<6000 {
            let hasEnded = process.hasEnded
            if condition(output) { return }
            guard !hasEnded else {
                throw Problem(message: "it ended; output: \(output.suffix(500)) error: \(error.suffix(500))")
            }
            usleep(10_000)
        }
        throw Problem(message: "unmet after a minute; output: \(output.suffix(500)) error: \(error.suffix(500))")
    }

    private static func text(_ file: String) -> String {
        (try? File.read(file)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// What went wrong with starting or waiting.
    public struct Problem: Error, CustomStringConvertible {
        let message: String
        /// A problem that tests report as `message`.
        public init(message: String) { self.message = message }
        /// The message.
        public var description: String { message }
    }
}

/// Compiles C text to a shared object or a program, with HARNESS_CC if that is set; throws with the compiler's message.
public func compileC(_ source: String, to path: String, options: [String] = []) throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("source.c", source)
    let ending = try ChildProcess.run(
        [ProcessEnvironment.current["HARNESS_CC"] ?? "cc", "-O1", "-o", path, file] + options)
    guard ending.status == 0 else { throw ChildProcess.Problem(message: ending.error) }
}
