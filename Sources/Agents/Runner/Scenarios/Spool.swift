import POSIX
import AgentAPI
import CPOSIX
import Glibc

/// Keeps what a timed phase leaves, however long it lasts, at a cost that is always the same.
///
/// An array that grows is moved now and then, for which somebody waits who is being timed, and lies in the runner's resident set, where
/// the memory of a module is read. Here a few thousand values are held, in memory that was touched beforehand; more go to a file in memory,
/// which belongs to no process's resident set.
final class Spool<Element: BitwiseCopyable> {
    /// Writing as many takes about 0.1 ms, every so many queries and between two of them.
    static var held: Int { 4096 }

    private let buffer: UnsafeMutableBufferPointer<Element>
    private var held = 0
    private var stored = 0
    private let file = FileDescriptor(owning: harness_memory_file(), name: "a file in memory")

    /// Most values that there is room for between two calls of `flush`.
    private static var longestBurst: Int { 1 << 16 }

    /// An empty spool, with room for `burst` values between two calls of `flush`; `blank` is what memory is touched with.
    init(blank: Element, burst: Int = 1) {
        buffer = .allocate(capacity: Self.held + min(burst, Self.longestBurst))
        buffer.initialize(repeating: blank)
    }

    deinit { buffer.deallocate() }

    /// How many values were appended.
    var count: Int { stored + held }

    func append(_ value: Element) throws(Failure) {
        if held == buffer.count { try flush() }
        buffer[held] = value
        held += 1
    }

    /// Makes room; to be called where nothing is timed.
    func flush() throws(Failure) {
        guard held >= Self.held else { return }
        let bytes = UnsafeRawBufferPointer(
            rebasing: UnsafeRawBufferPointer(buffer)[..<(held * MemoryLayout<Element>.stride)])
        do throws(SystemError) {
            try file.writeAll(bytes)
        } catch {
            throw Failure(
                .outOfMemory,
                "there is no room for more than \(stored) samples: \(error.reason). Measure for a shorter time.")
        }
        stored += held
        held = 0
    }

    /// Values of a range that was appended.
    func elements(_ range: Range<Int>) -> [Element] {
        let stride = MemoryLayout<Element>.stride
        return Array(unsafeUninitializedCapacity: range.count) { values, count in
            let inFile = max(0, min(range.upperBound, stored) - range.lowerBound)
            var read = 0
            while read < inFile * stride {
                let start = UnsafeMutableRawPointer(values.baseAddress!) + read
                let got = pread(file.rawValue, start, inFile * stride - read, off_t(range.lowerBound * stride + read))
                if got < 0, errno == EINTR { continue }
                precondition(got > 0, "a file in memory lost what was written to it")
                read += got
            }
            for place in inFile..<range.count {
                values.initializeElement(at: place, to: buffer[range.lowerBound + place - stored])
            }
            count = range.count
        }
    }
}
