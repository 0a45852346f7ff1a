import Testing
import Text

@Suite struct TableTests {
    private let table = Table(
        "times", [.text("Name", "What is \"timed\""), .number("Time")],
        [
            .init(["a|b", .init("9.00 ms", .strong)], isHighlighted: true),
            .init(["<c>\u{338}", .init("–", .faint, note: "not 'measured'")]),
        ])

    @Test("A terminal aligns words at their start and numbers at their end")
    func terminal() {
        #expect(table.terminal() == "Name     Time\n────  ───────\na|b   9.00 ms\n<c>\u{338}         –\n")
        #expect(table.terminal(isRuled: false).split(separator: "\n").count == 3)
    }

    @Test("Markdown aligns them likewise")
    func markdown() {
        let expected = "| Name | Time |\n| --- | ---: |\n| a\\|b | 9.00 ms |\n| \\<c\\>\u{338} | – |\n"
        #expect(Array(table.markdown.unicodeScalars) == Array(expected.unicodeScalars))
    }

    @Test("HTML has meanings, notes and emphasis, escaped")
    func html() {
        let expected = """
            <div class="scroll" tabindex="0" role="region" aria-label="times"><table id="times">
            <thead><tr><th scope="col" class="t" title="What is &quot;timed&quot;">Name</th><th scope="col">Time</th></tr></thead>
            <tbody>
            <tr class="highlighted"><td class="t">a|b</td><td class="strong">9.00 ms</td></tr>
            <tr><td class="t">&lt;c&gt;\u{338}</td><td class="faint" title="not 'measured'">–</td></tr>
            </tbody></table></div>
            """
        #expect(Array(table.html.unicodeScalars) == Array(expected.unicodeScalars))
    }

    @Test("A line break in a cell breaks no row")
    func breaks() {
        let broken = Table("t", [.text("A"), .text("B")], [["1\n2", "\u{1B}[1A"]])
        #expect(broken.terminal(isRuled: false) == "A    B\n1 2  \\u{1b}[1A\n")
        #expect(broken.markdown.split(separator: "\n").count == 3)
    }
}
