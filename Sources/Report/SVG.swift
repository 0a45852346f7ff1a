/// Text for HTML and SVG, with everything special escaped.
func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
        switch character {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        default: result.append(character)
        }
    }
}

/// A drawing that is built element by element; classes get their colours from `ChartStyle`.
struct SVG {
    let width: Double
    let height: Double
    private let title: String
    private let description: String
    private var body = ""

    /// An empty drawing; `title` and `description` are what a screen reader says.
    init(width: Double, height: Double, title: String, description: String) {
        self.width = width
        self.height = height
        self.title = title
        self.description = description
    }

    /// A coordinate with two digits.
    static func number(_ value: Double) -> String {
        let rounded = (value * 100).rounded() / 100
        return rounded == rounded.rounded() ? String(Int(rounded)) : "\(rounded)"
    }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
        let n = Self.number
        body += "<line x1=\"\(n(x1))\" y1=\"\(n(y1))\" x2=\"\(n(x2))\" y2=\"\(n(y2))\" class=\"\(style)\"/>\n"
    }

    mutating func rectangle(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String, note: String? = nil
    ) {
        let n = Self.number
        body += "<rect x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(width))\" height=\"\(n(height))\" class=\"\(style)\""
        body += note.map { "><title>\(escaped($0))</title></rect>\n" } ?? "/>\n"
    }

    mutating func circle(_ x: Double, _ y: Double, _ radius: Double, _ style: String, note: String? = nil) {
        let n = Self.number
        body += "<circle cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(radius))\" class=\"\(style)\""
        body += note.map { "><title>\(escaped($0))</title></circle>\n" } ?? "/>\n"
    }

    mutating func path(_ data: String, _ style: String) { body += "<path d=\"\(data)\" class=\"\(style)\"/>\n" }

    mutating func text(_ x: Double, _ y: Double, _ text: String, _ style: String, anchor: String = "start") {
        let n = Self.number
        body +=
            "<text x=\"\(n(x))\" y=\"\(n(y))\" class=\"\(style)\" text-anchor=\"\(anchor)\">\(escaped(text))</text>\n"
    }

    /// A PNG file as the picture itself.
    mutating func image(_ base64: String, _ width: Double, _ height: Double) {
        let n = Self.number
        body += "<image width=\"\(n(width))\" height=\"\(n(height))\" href=\"data:image/png;base64,\(base64)\"/>\n"
    }

    /// The element for a page that has `ChartStyle.rules` already.
    var inline: String { element(style: "") }

    /// A file of its own.
    var file: String { element(style: "<style>\(ChartStyle.rules)</style>\n") + "\n" }

    private func element(style: String) -> String {
        let n = Self.number
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(n(width)) \(n(height))" role="img" class="chart">
            <title>\(escaped(title))</title><desc>\(escaped(description))</desc>
            \(style)\(body)</svg>
            """
    }
}

/// Colours and lines of all charts, light and dark.
enum ChartStyle {
    static let colours = 8
    /// Okabe and Ito 2008, distinguishable with any colour vision; lightened for dark paper.
    private static let light = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b58900", "#56b4e9", "#7f5f3f", "#555555"]
    private static let dark = ["#5ab4f0", "#ff9350", "#3fd0a4", "#eba6cd", "#e8c547", "#9ad7ff", "#c9a583", "#bbbbbb"]

    static let rules = """
        .chart{--ink:#1d2329;--faint:#8a939b;--grid:#e3e7ea;--paper:#fff;\(variables(light))}
        @media (prefers-color-scheme:dark){.chart{--ink:#e6e9ec;--faint:#8d969e;--grid:#343b41;--paper:#14181b;\(variables(dark))}}
        @media print{.chart{--ink:#1d2329;--faint:#6a737b;--grid:#dde1e4;--paper:#fff;\(variables(light))}}
        .chart{width:100%;height:auto;display:block;font:13px/1.3 system-ui,-apple-system,"Segoe UI",sans-serif}
        .chart text{fill:var(--ink)}.chart .small{font-size:11.5px;fill:var(--faint)}.chart .strong{font-weight:600}
        .chart .label{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
        .chart .grid{stroke:var(--grid);stroke-width:1}.chart .axis{stroke:var(--faint);stroke-width:1}
        .chart .gate{stroke:var(--faint);stroke-width:1.5;stroke-dasharray:5 4}
        .chart .median{stroke:var(--ink);stroke-width:2.5}.chart .tail{stroke:var(--ink);stroke-width:1.5}
        .chart .whisker{stroke:var(--faint);stroke-width:1}
        .chart .truth{fill:none;stroke:#00c48c;stroke-width:1.6;stroke-linejoin:round}
        .chart .predicted{fill:none;stroke:#ff9d2e;stroke-width:1.6;stroke-dasharray:4 2;stroke-linejoin:round}
        .chart .unranked{opacity:.4}
        \((0..<colours).map { ".chart .l\($0){fill:none;stroke:var(--c\($0));stroke-width:2.2;stroke-linejoin:round}" }.joined(separator: "\n"))
        .chart .p99{stroke-width:1.1;stroke-dasharray:5 3}.chart .from{stroke-width:1;stroke-dasharray:1 4}
        \((0..<colours).map { ".chart .f\($0){fill:var(--c\($0))}.chart .b\($0){fill:var(--c\($0));fill-opacity:.28;stroke:var(--c\($0))}" }.joined(separator: "\n"))
        """

    private static func variables(_ colours: [String]) -> String {
        colours.enumerated().map { "--c\($0):\($1)" }.joined(separator: ";")
    }
}
