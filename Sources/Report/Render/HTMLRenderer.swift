import Text

/// Renders a report as one self-contained HTML file.
enum HTMLRenderer {
    static func render(_ document: ReportDocument) -> String {
        let sections = document.sections.map { section in
            """
            <section>
            <h2>\(Escape.markup(section.title))</h2>
            <p>\(Escape.markup(section.about))</p>
            \(blocks(section.blocks))
            </section>
            """
        }
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(Escape.markup(document.title))</title>
            <style>
            \(String(decoding: PackageResources.style_css, as: UTF8.self))
            \(SVG.style)
            </style>
            </head>
            <body>
            <main>
            <header>
            <h1>\(Escape.markup(document.title))</h1>
            <p>\(Escape.markup(document.about))</p>
            \(blocks(document.lead))
            </header>
            \(sections.joined(separator: "\n"))
            <footer>\(Escape.markup(document.footer))</footer>
            </main>
            </body>
            </html>

            """
    }

    private static func blocks(_ blocks: [Block]) -> String {
        blocks.map(block).filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private static func block(_ block: Block) -> String {
        switch block {
        case .paragraph(let text): return "<p>\(Escape.markup(text))</p>"
        case .list(let items, let style):
            guard !items.isEmpty else { return "" }
            let lines = items.map { "<li>\(Escape.markup($0))</li>\n" }
            return "<ul class=\"\(style.rawValue)\">\n\(lines.joined())</ul>"
        case .table(let table): return table.html
        case .pairs(let pairs):
            let lines = pairs.map { "<dt>\(Escape.markup($0.0))</dt><dd>\(Escape.markup($0.1))</dd>\n" }
            return "<dl>\n\(lines.joined())</dl>"
        // It scrolls in its own frame where the page is narrow, so that its text stays readable.
        case .chart(_, let drawing): return "<div class=\"scroll\">\(drawing.inline)</div>"
        case .figures(_, let drawings, let legend):
            let keys = legend.map {
                "<span class=\"key\($0.isDashed ? " dashed" : "")\"></span>\(Escape.markup($0.meaning))"
            }
            let figures = drawings.map {
                "<figure>\($0.inline)<figcaption>\(Escape.markup($0.title))</figcaption></figure>\n"
            }
            return "<p>\(keys.joined(separator: " "))</p>\n<div class=\"figures\">\n\(figures.joined())</div>"
        case .group(let title, let inner): return "<h3>\(Escape.markup(title))</h3>\n\(blocks(inner))"
        case .details(let title, let inner):
            return "<details>\n<summary>\(Escape.markup(title))</summary>\n\(blocks(inner))\n</details>"
        }
    }
}
