import POSIX
import TestSupport
import Testing

@Suite struct LineReaderTests {
    @Test("Lines are cut wherever the bytes come apart", arguments: 1...7)
    func lines(size: Int) throws {
        let text = Array("one\n\ntwo\nthr".utf8)
        var reader = LineReader(maximumLength: 100)
        var lines: [String] = []
        for start in stride(from: 0, to: text.count, by: size) {
            lines += try reader.add(text[start..<min(start + size, text.count)]).map {
                String(decoding: $0, as: UTF8.self)
            }
        }
        #expect(lines == ["one", "", "two"])
        #expect(reader.rest == Array("thr".utf8))
        reader.reset()
        #expect(try reader.add(Array("four\n".utf8)) == [Array("four".utf8)])
    }

    @Test("A line that is too long is an error, with its end and without", arguments: ["abc", "abc\n", "a\nabc"])
    func tooLong(text: String) throws {
        var reader = LineReader(maximumLength: 2)
        let error = caught(LineReader.LineTooLong.self) { try reader.add(Array(text.utf8)) }
        #expect(error?.maximumLength == 2)
        var exact = LineReader(maximumLength: 3)
        #expect(try exact.add(Array("abc\n".utf8)).count == 1)
    }

    @Test("Many short pieces of one line cost no more than their number", .timeLimit(.minutes(1)))
    func linear() throws {
        var reader = LineReader(maximumLength: 4 << 20)
        for _ in 0..<(1 << 20) { _ = try reader.add([97, 97]) }
        #expect(try reader.add([10]).first?.count == 2 << 20)
    }
}
