import Glibc
import POSIX
import TestSupport
import Testing

@Suite struct SubprocessTests {
    private func start(_ script: String, _ change: (inout Subprocess.Command) -> Void = { _ in }) throws -> Subprocess {
        var command = Subprocess.Command(["sh", "-c", script])
        (command.input, command.output, command.error) = (.pipe, .pipe, .pipe)
        change(&command)
        return try Subprocess(command)
    }

    @Test("A program gets its input, environment and folder, and its output and end come back")
    func streams() throws {
        let folder = try TemporaryFolder()
        let process = try start("cat; echo $VALUE; pwd >&2; exit 3") { command in
            command.environment["VALUE"] = "of=mine"
            command.folder = folder.path
        }
        try process.send(Array("text ".utf8))
        process.closeInput()
        #expect(try String(decoding: process.takeOutput().readAll(), as: UTF8.self) == "text of=mine\n")
        #expect(try String(decoding: process.takeError().readAll(), as: UTF8.self) == "\(folder.path)\n")
        let ending = process.wait()
        #expect(ending.status == 3 && ending.signal == nil && ending.maxResidentBytes > 1 << 16)
        #expect(process.wait() == ending && process.poll() == ending && process.hasEnded)
    }

    @Test("A program has default signals and only its three descriptors")
    func inheritance() throws {
        let file = try FileDescriptor(opening: "/dev/null", O_RDONLY)
        #expect(fcntl(file.rawValue, F_SETFD, 0) == 0)
        // sh opens the folder itself as descriptor 3.
        let process = try start("ls /proc/self/fd; grep SigIgn /proc/self/status")
        process.closeInput()
        let text = try String(decoding: process.takeOutput().readAll(), as: UTF8.self)
        let lines = text.split(separator: "\n")
        #expect(lines.dropLast() == ["0", "1", "2", "3"])
        let ignored = try #require(lines.last?.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) })
        // Signals 32 and 33 are the C library's own.
        #expect(ignored & ~(3 << 31) == 0)
        process.wait()
    }

    @Test("A signal ends the whole group, and the number is not used again after that")
    func group() throws {
        let process = try start("sleep 1000 & echo started; wait")
        let output = process.takeOutput()
        #expect(try output.firstByte() == UInt8(ascii: "s"))
        #expect(process.wait(seconds: 0) == nil && !process.hasEnded)
        process.signalGroup(SIGKILL)
        // Only when the grandchild is gone, too, does the pipe end.
        _ = try output.readAll()
        #expect(process.wait().signal == SIGKILL)
        #expect(process.wait().description == "signal 9 (Killed)")
        process.signal(SIGKILL)
    }

    @Test("What cannot be started is an error that names it", arguments: ["/nonexistent/program", "no-such-program"])
    func missing(program: String) throws {
        let error = try #require(caught(SystemError.self) { try Subprocess(.init([program])) })
        #expect(error.code == ENOENT && error.problem == "\(program) cannot be started")
    }

    @Test("Writing to a program that no longer reads is an error, not a signal")
    func brokenPipe() throws {
        let process = try start("exec <&-; echo closed; sleep 1000")
        #expect(try process.takeOutput().firstByte() == UInt8(ascii: "c"))
        let error = caught(SystemError.self) { try process.send([1]) }
        #expect(error?.code == EPIPE)
        process.signalGroup(SIGKILL)
        process.wait()
    }

    @Test("A wake-up is readable from its signal until it is cleared")
    func wakeup() throws {
        let wakeup = try Wakeup()
        var waiting = pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&waiting, 1, 0) == 0)
        for _ in 0..<100_000 { wakeup.signal() }
        wakeup.wait()
        #expect(poll(&waiting, 1, 0) == 1)
        wakeup.clear()
        #expect(poll(&waiting, 1, 0) == 0)
    }
}

extension FileDescriptor {
    /// Waits for one byte.
    fileprivate borrowing func firstByte() throws -> UInt8? {
        var byte: UInt8 = 0
        return try withUnsafeMutableBytes(of: &byte) { try read(into: $0) } == 1 ? byte : nil
    }
}
