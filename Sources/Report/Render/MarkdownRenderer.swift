import Text

/// Renders blocks as GitHub's Markdown, with drawings as SVG files beside it.
public struct MarkdownRenderer {
    /// Files of the drawings that were shown, by name.
    private(set) var files: [(name: String, text: String)] = []

    /// A whole report: `report.md`, and the files that it shows.
    static func render(_ document: ReportDocument) -> [(name: String, text: String)] {
        var renderer = MarkdownRenderer()
        var parts = ["# \(Escape.markdown(document.title))\n", "\(Escape.markdown(document.about))\n"]
        parts.append(renderer.blocks(document.lead, depth: 2))
        for section in document.sections {
            parts.append("## \(Escape.markdown(section.title))\n")
            parts.append("\(Escape.markdown(section.about))\n")
            parts.append(renderer.blocks(section.blocks, depth: 3))
        }
        parts.append("\(Escape.markdown(document.footer))\n")
        return [("report.md", parts.joined(separator: "\n"))] + renderer.files
    }

    /// Blocks that have no drawings.
    public static func render(_ blocks: [Block]) -> String {
        var renderer = MarkdownRenderer()
        return renderer.blocks(blocks, depth: 2)
    }

    /// `depth` is that of the headings within them.
    private mutating func blocks(_ blocks: [Block], depth: Int) -> String {
        blocks.map { block($0, depth: depth) }.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private mutating func block(_ block: Block, depth: Int) -> String {
        switch block {
        case .paragraph(let text): return "\(Escape.markdown(text))\n"
        case .list(let items, let style):
            let mark = style == .lead ? "**" : ""
            return items.map { "- \(mark)\(Escape.markdown($0))\(mark)\n" }.joined()
        case .table(let table): return table.markdown
        case .pairs(let pairs):
            return pairs.map { "- \(Escape.markdown($0.0)): \(Escape.markdown($0.1))\n" }.joined()
        case .chart(let name, let drawing): return picture(name, drawing)
        case .figures(let name, let drawings, let legend):
            let lines = legend.map { "\($0.line): \($0.meaning)" }.joined(separator: "; ")
            let pictures = drawings.enumerated().map { index, drawing in
                picture("\(name)-\(index + 1)", drawing) + "\(Escape.markdown(drawing.title))\n"
            }
            return ([Escape.markdown(lines) + ".\n"] + pictures).joined(separator: "\n")
        case .group(let title, let inner), .details(let title, let inner):
            let heading = "\(String(repeating: "#", count: depth)) \(Escape.markdown(title))\n"
            return "\(heading)\n\(blocks(inner, depth: depth + 1))"
        }
    }

    private mutating func picture(_ name: String, _ drawing: SVG) -> String {
        files.append(("\(name).svg", drawing.file))
        return "![\(Escape.markdown(drawing.title))](\(name).svg)\n"
    }
}
