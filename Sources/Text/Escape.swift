/// Escapes untrusted text, one function for each kind of output.
///
/// All of them work on Unicode scalars: a combining mark after `"` or `<` changes the Character, not the scalar.
public enum Escape {
    /// For text of HTML and XML, and for attributes in double quotes; what XML forbids becomes U+FFFD.
    public static func markup(_ text: String) -> String {
        replacing(text) { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            case "\t", "\n", "\r": nil
            default: isUnprintable(scalar) ? "\u{FFFD}" : nil
            }
        }
    }

    /// For a line or a table cell of Markdown: nothing in it is markup, not even at its start.
    public static func markdown(_ text: String) -> String {
        let escaped = replacing(text) { scalar in
            if isLineBreak(scalar) || scalar == "\t" { return " " }
            if "\\`*_[]<>|#&~".unicodeScalars.contains(scalar) { return "\\\(scalar)" }
            return isUnprintable(scalar) ? "\u{FFFD}" : nil
        }
        let line = escaped.unicodeScalars.drop { $0 == " " }
        // “- x”, “+ x”, “1. x” and a row of “-” or “=” are markup at the start of a line only.
        let digits = line.prefix { ("0"..."9").contains($0) }
        let rest = line[digits.endIndex...]
        let marks: [Unicode.Scalar] = digits.isEmpty ? ["-", "+", "="] : [".", ")"]
        let next = rest.dropFirst().first ?? " "
        guard let mark = rest.first, marks.contains(mark), next == " " || next == mark else { return String(line) }
        return String(digits) + "\\" + String(rest)
    }

    /// For a field of CSV, after RFC 4180.
    public static func csv(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0 == "," || $0 == "\"" || isLineBreak($0) }) else { return text }
        return "\"" + replacing(text) { $0 == "\"" ? "\"\"" : nil } + "\""
    }

    /// For a terminal: control characters, and those that hide or reorder text, are written as `\u{…}`.
    ///
    /// Line breaks become spaces, unless `keepingLines` leaves line feeds as they are.
    public static func terminal(_ text: String, keepingLines: Bool = false) -> String {
        replacing(text) { scalar in
            if keepingLines, scalar == "\n" { return nil }
            if isLineBreak(scalar) || scalar == "\t" { return " " }
            // The joiners belong to words of several scripts, and to emoji.
            let isHidden = scalar.properties.generalCategory == .format && scalar != "\u{200C}" && scalar != "\u{200D}"
            return isHidden || isUnprintable(scalar) ? "\\u{\(String(scalar.value, radix: 16))}" : nil
        }
    }

    /// Control characters and noncharacters.
    private static func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control || scalar.properties.isNoncharacterCodePoint
    }

    private static func isLineBreak(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\n", "\r", "\u{0B}", "\u{0C}", "\u{85}", "\u{2028}", "\u{2029}": true
        default: false
        }
    }

    private static func replacing(_ text: String, _ replacement: (Unicode.Scalar) -> String?) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if let other = replacement(scalar) {
                result.append(contentsOf: other.unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }
}
