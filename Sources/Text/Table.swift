/// A table of text, rendered to a terminal, Markdown or HTML.
public struct Table: Hashable, Sendable {
    /// A column's head and how its cells are laid out.
    public struct Column: Hashable, Sendable {
        /// Its head.
        public var title: String
        /// A sentence on what its cells mean; empty where the title says it.
        public var meaning: String
        /// Whether cells are aligned at their ends, as numbers are.
        public var isNumber: Bool

        /// A column of words.
        public static func text(_ title: String, _ meaning: String = "") -> Column {
            Column(title: title, meaning: meaning, isNumber: false)
        }

        /// A column of numbers.
        public static func number(_ title: String, _ meaning: String = "") -> Column {
            Column(title: title, meaning: meaning, isNumber: true)
        }
    }

    /// How a cell stands out, where the output has colours.
    public enum Emphasis: String, Hashable, Sendable {
        case strong
        case good
        case bad
        case caution
        case faint
        /// A sentence, which may take several lines.
        case prose
    }

    /// One text of a row.
    public struct Cell: Hashable, Sendable, ExpressibleByStringInterpolation {
        /// Its content, unescaped.
        public var text: String
        /// How it stands out, if it does.
        public var emphasis: Emphasis?
        /// An explanation that is shown on hover.
        public var note: String

        /// A cell with its emphasis and a note.
        public init(_ text: String, _ emphasis: Emphasis? = nil, note: String = "") {
            (self.text, self.emphasis, self.note) = (text, emphasis, note)
        }

        /// A cell of nothing but its text.
        public init(stringLiteral text: String) { self.init(text) }
    }

    /// As many cells as there are columns.
    public struct Row: Hashable, Sendable {
        /// In the order of the columns.
        public var cells: [Cell]
        /// Whether the whole row stands out.
        public var isHighlighted: Bool

        /// A row of cells.
        public init(_ cells: [Cell], isHighlighted: Bool = false) {
            (self.cells, self.isHighlighted) = (cells, isHighlighted)
        }
    }

    /// Its identifier in a page: letters, digits and hyphens.
    public var name: String
    /// At least one.
    public var columns: [Column]
    /// From top to bottom.
    public var rows: [Row]

    /// A table of rows.
    public init(_ name: String, _ columns: [Column], _ rows: [Row]) {
        (self.name, self.columns, self.rows) = (name, columns, rows)
    }

    /// A table of texts, none of which stands out.
    public init(_ name: String, _ columns: [Column], _ rows: [[String]]) {
        self.init(name, columns, rows.map { Row($0.map { Cell($0) }) })
    }

    // MARK: Rendering

    /// Aligned columns, a line a row; a rule below the head if `isRuled`.
    public func terminal(isRuled: Bool = true) -> String {
        let lines = ([columns.map(\.title)] + rows.map { $0.cells.map(\.text) }).map { $0.map { Escape.terminal($0) } }
        let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        var text = lines.map { cells in
            var line = columns.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - cells[column].count)
                return columns[column].isNumber ? space + cells[column] : cells[column] + space
            }.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
        if isRuled { text.insert(widths.map { String(repeating: "─", count: $0) }.joined(separator: "  "), at: 1) }
        return text.map { $0 + "\n" }.joined()
    }

    /// A table of GitHub's Markdown.
    public var markdown: String {
        let head = [columns.map(\.title), columns.map { $0.isNumber ? "---:" : "---" }]
        let body = rows.map { $0.cells.map { Escape.markdown($0.text) } }
        return (head + body).map { "| \($0.joined(separator: " | ")) |\n" }.joined()
    }

    /// A table element in a frame that scrolls; classes `t` (text), `highlighted` and those of `Emphasis`.
    public var html: String {
        func element(_ tag: String, _ classes: [String], _ title: String, _ text: String) -> String {
            let style = classes.isEmpty ? "" : " class=\"\(classes.joined(separator: " "))\""
            let note = title.isEmpty ? "" : " title=\"\(Escape.markup(title))\""
            return "<\(tag)\(style)\(note)>\(Escape.markup(text))</\(tag.prefix(2))>"
        }
        let head = columns.map { element("th scope=\"col\"", $0.isNumber ? [] : ["t"], $0.meaning, $0.title) }
        let body = rows.map { row in
            let cells = zip(columns, row.cells).map { column, cell in
                let emphasis = cell.emphasis.map { [$0.rawValue] } ?? []
                return element("td", (column.isNumber ? [] : ["t"]) + emphasis, cell.note, cell.text)
            }
            return "<tr\(row.isHighlighted ? " class=\"highlighted\"" : "")>\(cells.joined())</tr>"
        }
        return """
            <div class="scroll" tabindex="0" role="region" aria-label="\(name)"><table id="\(name)">
            <thead><tr>\(head.joined())</tr></thead>
            <tbody>
            \(body.joined(separator: "\n"))
            </tbody></table></div>
            """
    }
}
