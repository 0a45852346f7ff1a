import Text

/// Renders blocks as plain text for a terminal, without drawings.
public enum TerminalRenderer {
    /// The blocks, an empty line between any two of them.
    public static func render(_ blocks: [Block]) -> String {
        blocks.map(block).filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private static func block(_ block: Block) -> String {
        switch block {
        case .paragraph(let text): return line(text)
        case .list(let items, _): return items.map(line).joined()
        case .table(let table): return table.terminal()
        case .pairs(let pairs):
            let pairs = pairs.map { (Escape.terminal($0.0), $0.1) }
            let width = pairs.map(\.0.count).max() ?? 0
            return pairs.map { name, value in
                line("\(name)\(String(repeating: " ", count: width - name.count))  \(value)")
            }.joined()
        case .chart, .figures: return ""
        case .group(let title, let inner), .details(let title, let inner): return line(title) + render(inner)
        }
    }

    private static func line(_ text: String) -> String { Escape.terminal(text) + "\n" }
}
