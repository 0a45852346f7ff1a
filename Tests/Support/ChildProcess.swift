import FoundationEssentials
import Glibc
import Synchronization

/// A real program, started, spoken to, killed.
public final class ChildProcess: Sendable {
    /// What a program left when it ended.
    public struct Ending: Sendable {
        /// Exit status; nil if a signal ended it.
        public var status: Int32?
        public var signal: Int32?
        public var output: String
        public var error: String
    }

    public let process: pid_t
    private let input: Int32
    /// What waitpid said; kept, because a process can be waited for once and its descriptor closed once.
    private let endStatus = Mutex<Int32?>(nil)
    private let isReaped = Atomic<Bool>(false)
    private let outputFile: String
    private let errorFile: String
    private let folder: TemporaryFolder

    /// Starts `words`; output goes to files, so that nothing can block.
    public init(
        _ words: [String], input text: [UInt8]? = nil, environment: [String: String] = [:], in directory: String? = nil
    ) throws {
        // env changes the folder and then becomes the program: the process stays the same.
        let words = (directory.map { ["env", "-C", $0] } ?? []) + words
        folder = try TemporaryFolder()
        outputFile = "\(folder.path)/output"
        errorFile = "\(folder.path)/error"
        var pipeEnds: [Int32] = [0, 0]
        guard pipe(&pipeEnds) == 0 else { throw Problem(message: "no pipe") }
        _ = fcntl(pipeEnds[1], F_SETFD, FD_CLOEXEC)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipeEnds[0], 0)
        posix_spawn_file_actions_addopen(&actions, 1, outputFile, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_addopen(&actions, 2, errorFile, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_addclose(&actions, pipeEnds[0])
        // The test runner's own signal settings are not the program's.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var variables = ProcessInfo.processInfo.environment
        for (name, value) in environment { variables[name] = value }
        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        let entries: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { (arguments + entries).forEach { free($0) } }
        var started: pid_t = 0
        let status = posix_spawnp(&started, words[0], &actions, &attributes, arguments, entries)
        close(pipeEnds[0])
        guard status == 0 else {
            close(pipeEnds[1])
            throw Problem(message: "\(words[0]): \(String(cString: strerror(status)))")
        }
        process = started
        if let text {
            var rest = text[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(pipeEnds[1], $0.baseAddress, $0.count) }
                guard count > 0 else { break }
                rest = rest.dropFirst(count)
            }
            close(pipeEnds[1])
            input = -1
        } else {
            input = pipeEnds[1]
        }
    }

    /// Runs a program to its end.
    public static func run(
        _ words: [String], input: [UInt8] = [], environment: [String: String] = [:], in directory: String? = nil
    ) throws -> Ending {
        try ChildProcess(words, input: input, environment: environment, in: directory).wait()
    }

    /// Sends a signal; nothing once the end has been waited for, when the number may be another process's.
    public func kill(_ signal: Int32) {
        if !isReaped.load(ordering: .acquiring) { Glibc.kill(process, signal) }
    }

    /// Waits for the end; at once if it has been waited for before.
    public func wait() -> Ending {
        let status = endStatus.withLock { known in
            if let known { return known }
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            isReaped.store(true, ordering: .releasing)
            if input >= 0 { close(input) }
            known = status
            return status
        }
        let signal = status & 0x7F
        return Ending(
            status: signal == 0 ? (status >> 8) & 0xFF : nil, signal: signal == 0 ? nil : signal, output: output,
            error: error)
    }

    /// Standard output so far.
    public var output: String { Self.text(outputFile) }
    /// Standard error so far.
    public var error: String { Self.text(errorFile) }

    /// Waits until `condition` holds for the output so far; throws if the program ends or a minute passes first.
    public func waitForOutput(_ condition: (String) -> Bool) throws {
        for _ in 0..<6000 {
            if condition(output) { return }
            var information = siginfo_t()
            let hasEnded =
                waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT) == 0
                && information.si_signo == SIGCHLD
            if hasEnded {
                if condition(output) { return }
                throw Problem(message: "it ended; output: \(output.suffix(500)) error: \(error.suffix(500))")
            }
            usleep(10_000)
        }
        throw Problem(message: "waited a minute in vain; output: \(output.suffix(500)) error: \(error.suffix(500))")
    }

    private static func text(_ file: String) -> String {
        (try? Data(contentsOf: URL(filePath: file))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// What went wrong with starting or waiting.
    public struct Problem: Error, CustomStringConvertible {
        public var message: String
        public init(message: String) { self.message = message }
        public var description: String { message }
    }
}

/// Compiles C text to a shared object or a program, with HARNESS_CC if that is set; throws with the compiler's words.
public func compileC(_ source: String, to path: String, options: [String] = []) throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("source.c", source)
    let ending = try ChildProcess.run(
        [ProcessInfo.processInfo.environment["HARNESS_CC"] ?? "cc", "-O1", "-o", path, file] + options)
    guard ending.status == 0 else { throw ChildProcess.Problem(message: ending.error) }
}
