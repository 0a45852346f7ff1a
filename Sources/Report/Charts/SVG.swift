import Text

/// A drawing that is built element by element; classes get their colours from `style`.
public struct SVG: Sendable {
    let width: Double
    let height: Double
    let title: String
    private let description: String
    private var body = ""

    /// Colours that `colour` numbers.
    static let colours = 8
    /// The style sheet of all drawings.
    static let style = String(decoding: PackageResources.charts_css, as: UTF8.self)

    /// An empty drawing; `title` and `description` are what a screen reader says.
    init(width: Double, height: Double, title: String, description: String) {
        (self.width, self.height, self.title, self.description) = (width, height, title, description)
    }

    /// The class that gives a shape the colour `number`.
    static func colour(_ number: Int) -> String { "c\(number % colours)" }

    static func number(_ value: Double) -> String {
        let rounded = (value * 100).rounded() / 100
        return rounded == rounded.rounded() ? String(Int(rounded)) : "\(rounded)"
    }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
        let n = Self.number
        body += "<line x1=\"\(n(x1))\" y1=\"\(n(y1))\" x2=\"\(n(x2))\" y2=\"\(n(y2))\" class=\"\(style)\"/>\n"
    }

    mutating func rectangle(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String) {
        let n = Self.number
        body +=
            "<rect x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(width))\" height=\"\(n(height))\" class=\"\(style)\"/>\n"
    }

    mutating func circle(_ x: Double, _ y: Double, _ radius: Double, _ style: String, note: String? = nil) {
        let n = Self.number
        body += "<circle cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(radius))\" class=\"\(style)\""
        body += note.map { "><title>\(Escape.markup($0))</title></circle>\n" } ?? "/>\n"
    }

    mutating func path(_ data: String, _ style: String) { body += "<path d=\"\(data)\" class=\"\(style)\"/>\n" }

    mutating func text(_ x: Double, _ y: Double, _ text: String, _ style: String, anchor: String = "start") {
        let n = Self.number
        body +=
            "<text x=\"\(n(x))\" y=\"\(n(y))\" class=\"\(style)\" text-anchor=\"\(anchor)\">\(Escape.markup(text))</text>\n"
    }

    /// A PNG file as the picture itself.
    mutating func image(_ base64: String, _ width: Double, _ height: Double) {
        let n = Self.number
        body += "<image width=\"\(n(width))\" height=\"\(n(height))\" href=\"data:image/png;base64,\(base64)\"/>\n"
    }

    /// The element for a page that has `style` already.
    var inline: String { element(style: "") }

    var file: String { element(style: "<style>\(Self.style)</style>\n") + "\n" }

    private func element(style: String) -> String {
        let n = Self.number
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(n(width)) \(n(height))" role="img" class="chart">
            <title>\(Escape.markup(title))</title><desc>\(Escape.markup(description))</desc>
            \(style)\(body)</svg>
            """
    }
}
