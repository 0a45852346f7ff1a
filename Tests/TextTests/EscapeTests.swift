import Testing
import Text

@Suite struct EscapeTests {
    /// Combining marks make another Character of what stands before them, as does a carriage return of a line feed.
    @Test(
        "What is special in markup is escaped whatever mark combines with it",
        arguments: [
            ("a \"\u{301} onmouseover=x", "a &quot;\u{301} onmouseover=x"),
            ("<\u{338}b>\u{20DD}", "&lt;\u{338}b&gt;\u{20DD}"),
            ("&\u{301}'\u{301}", "&amp;\u{301}'\u{301}"), ("a\tb\nc", "a\tb\nc"),
            ("\u{0}\u{1B}[31m\u{7F}\u{85}", "\u{FFFD}\u{FFFD}[31m\u{FFFD}\u{FFFD}"),
            ("\u{FFFE}\u{FFFF}\u{1FFFE}", "\u{FFFD}\u{FFFD}\u{FFFD}"),
        ])
    func markup(text: String, expected: String) {
        #expect(Array(Escape.markup(text).unicodeScalars) == Array(expected.unicodeScalars))
    }

    @Test(
        "Markdown stays on its line, and nothing in it is markup",
        arguments: [
            ("a|\u{301}b", "a\\|\u{301}b"), ("`\u{301}<b>&lt;", "\\`\u{301}\\<b\\>\\&lt;"),
            ("a\r\nb\u{2028}c", "a  b c"),
            ("# head", "\\# head"), ("- item", "\\- item"), ("+ item", "\\+ item"), ("+0.13%", "+0.13%"),
            ("---", "\\---"), ("12. item", "12\\. item"),
            ("1) item", "1\\) item"), ("0.95 … 1.00", "0.95 … 1.00"), ("=== ", "\\=== "), ("    code", "code"),
            ("~~a~~", "\\~\\~a\\~\\~"), ("−0.5%", "−0.5%"), ("\u{0}", "\u{FFFD}"),
        ])
    func markdown(text: String, expected: String) {
        #expect(Array(Escape.markdown(text).unicodeScalars) == Array(expected.unicodeScalars))
    }

    @Test(
        "A field of CSV is quoted where it must be",
        arguments: [
            ("plain", "plain"), ("a,\u{301}b", "\"a,\u{301}b\""), ("\"\u{301}", "\"\"\"\u{301}\""),
            ("a\r\nb", "\"a\r\nb\""), ("", ""),
        ])
    func csv(text: String, expected: String) {
        #expect(Array(Escape.csv(text).unicodeScalars) == Array(expected.unicodeScalars))
    }

    @Test(
        "A terminal shows control characters and what reorders text instead of obeying them",
        arguments: [
            ("\u{1B}[2J\u{301}", "\\u{1b}[2J\u{301}"), ("abc\u{202E}def", "abc\\u{202e}def"),
            ("\u{9B}31m", "\\u{9b}31m"),
            ("\u{2066}x\u{2069}\u{FEFF}", "\\u{2066}x\\u{2069}\\u{feff}"), ("a\nb\tc", "a b c"), ("a\rb", "a b"),
            ("👩\u{200D}🔬", "👩\u{200D}🔬"),
        ])
    func terminal(text: String, expected: String) {
        #expect(Array(Escape.terminal(text).unicodeScalars) == Array(expected.unicodeScalars))
        #expect(!Escape.terminal(text, keepingLines: true).unicodeScalars.contains("\u{1B}"))
    }

    @Test("A message of several lines keeps them") func lines() {
        #expect(Escape.terminal("a\nb\u{7}", keepingLines: true) == "a\nb\\u{7}")
    }
}
