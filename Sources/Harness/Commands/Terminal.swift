import CommandParser
import Glibc
import POSIX
import Synchronization
import Text

/// Standard output and what it is connected to.
enum Terminal {
    /// Whether output was lost.
    private static let hasLost = Mutex(false)

    /// Whether standard output is a terminal that can redraw lines.
    static var isInteractive: Bool {
        isatty(STDOUT_FILENO) == 1 && getenv("TERM").map { String(cString: $0) } != "dumb"
    }

    /// Columns of the terminal; 100 when piped.
    static var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
        return Int(size.ws_col)
    }

    /// Writes text to standard output at once, as it is: the caller has escaped it.
    static func write(_ text: String) { write(Array(text.utf8)) }

    /// Writes a line to standard output; control characters in it are shown, not obeyed.
    static func line(_ text: String = "") { write(Escape.terminal(text, keepingLines: true) + "\n") }

    /// Writes bytes to standard output as they are.
    ///
    /// If the reader has closed the pipe, the program ends as by SIGPIPE. If they cannot be written for another reason, standard
    /// error says so once and `status` reports a failure at the end: a dispatch continues, because its results are worth more than
    /// its progress lines.
    static func write(_ bytes: [UInt8]) {
        do { try StandardStream.output.write(bytes) } catch {
            if error.code == EPIPE {
                signal(SIGPIPE, SIG_DFL)
                raise(SIGPIPE)
            }
            let isFirst = hasLost.withLock { hasLost in
                defer { hasLost = true }
                return !hasLost
            }
            if isFirst { self.error("harness: \(error.problem): \(error.reason).") }
        }
    }

    /// Writes a line to standard error, escaped likewise.
    static func error(_ text: String) {
        // There is nowhere left to report a failure.
        try? StandardStream.error.write(Escape.terminal(text, keepingLines: true) + "\n")
    }

    /// How the program ends if the command ended with `code`: with a failure if output is lost.
    static func status(_ code: ExitCode) -> ExitCode { code == .done && hasLost.withLock { $0 } ? .failed : code }

    /// A plain list that scripts can read, too: a head in capitals, then one line per row.
    static func table(_ columns: [Table.Column], _ rows: [[String]]) -> String {
        Table("list", columns, rows).terminal(isRuled: false)
    }
}
