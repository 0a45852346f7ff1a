import AgentAPI
import Dispatch
import Glibc
import POSIX

/// A program that is spoken to in lines, over its standard input and output; its standard error is ours.
final class LineProcess: Sendable {
    /// Lines of its output, without line ends, to its end; throws `search-protocol` for a line too long.
    let lines: AsyncThrowingStream<[UInt8], any Error>
    private let process: Subprocess
    private static let longestLine = 1 << 20

    /// Starts `arguments`, the first of them searched in PATH if it has no slash; throws `search-missing`.
    init(_ arguments: [String]) throws(Failure) {
        var command = Subprocess.Command(arguments)
        (command.input, command.output) = (.pipe, .pipe)
        do throws(SystemError) {
            process = try Subprocess(command)
        } catch {
            throw Failure(
                .searchMissing,
                "\(error.problem): \(error.reason). Make it with “make venv”, or name another Python with --python.")
        }
        let (stream, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
        lines = stream
        DispatchQueue.global().async { [process] in Self.read(process.takeOutput(), continuation) }
    }

    private static func read(
        _ output: consuming FileDescriptor, _ continuation: AsyncThrowingStream<[UInt8], any Error>.Continuation
    ) {
        var reader = LineReader(maximumLength: longestLine)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        do {
            while case let count = try buffer.withUnsafeMutableBytes({ try output.read(into: $0) }), count > 0 {
                for line in try reader.add(buffer[..<count]) { continuation.yield(line) }
            }
            if !reader.rest.isEmpty { continuation.yield(reader.rest) }
            continuation.finish()
        } catch let error as LineReader.LineTooLong {
            continuation.finish(
                throwing: Failure(
                    .searchProtocol, "the search writes a line of more than \(error.maximumLength) bytes."))
        } catch {
            continuation.finish(throwing: error)
        }
    }

    /// Writes a line; one that it no longer reads is lost, which its end will explain.
    func send(_ line: [UInt8]) { try? process.send(line + [UInt8(ascii: "\n")]) }

    /// Ends it and returns how it ended: closes its input, waits `patience` seconds, sends it and all it started
    /// SIGTERM, and SIGKILL two seconds later. Blocks.
    @discardableResult
    func end(patience: Double) -> Subprocess.Ending {
        process.closeInput()
        return process.wait(seconds: patience) ?? stop(SIGTERM) ?? stop(SIGKILL) ?? process.wait()
    }

    private func stop(_ signal: Int32) -> Subprocess.Ending? {
        process.signalGroup(signal)
        return process.wait(seconds: 2)
    }
}
