import Glibc

/// Standard output and what it is connected to.
enum Terminal {
    /// Whether a person is looking.
    static var isInteractive: Bool {
        isatty(STDOUT_FILENO) == 1 && getenv("TERM").map { String(cString: $0) } != "dumb"
    }

    /// Columns of the terminal; 100 when piped.
    static var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
        return Int(size.ws_col)
    }

    /// Writes text to standard output at once.
    static func write(_ text: String) { put(Array(text.utf8), STDOUT_FILENO) }

    /// Writes a line to standard output.
    static func line(_ text: String = "") { write(text + "\n") }

    /// Writes bytes to standard output as they are.
    static func write(_ bytes: [UInt8]) { put(bytes, STDOUT_FILENO) }

    /// Writes a line to standard error.
    static func error(_ text: String) { put(Array((text + "\n").utf8), STDERR_FILENO) }

    private static func put(_ bytes: [UInt8], _ descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }

    /// Rows as aligned columns; the first row is the head.
    static func table(_ rows: [[String]]) -> String {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = row.enumerated().map { $1 + String(repeating: " ", count: widths[$0] - $1.count) }.joined(
                separator: "  ")
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
