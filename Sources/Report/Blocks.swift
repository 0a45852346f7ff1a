import Text

/// What a section is made of; renderers print blocks, and know nothing of runs.
public enum Block: Sendable {
    /// How a list stands out, where the output can show it.
    public enum ListStyle: String, Sendable {
        /// What to do.
        case lead
        /// What to keep in mind.
        case notes
        /// Sentences like others.
        case plain
    }

    /// One sentence or several.
    case paragraph(String)
    /// Sentences, one an item.
    case list([String], ListStyle = .plain)
    /// A table.
    case table(Table)
    /// Names and values, a pair a line.
    case pairs([(String, String)])
    /// A drawing as wide as the page; `name` is that of its file, without an extension.
    case chart(name: String, SVG)
    /// Small drawings side by side, each with its title below; files are called `name` and a number.
    case figures(name: String, [SVG], legend: [Legend])
    /// Blocks under a title of their own.
    indirect case group(String, [Block])
    /// Blocks that a page shows only when asked to.
    indirect case details(String, [Block])

    /// Names and values without those that are unknown.
    static func known(_ pairs: KeyValuePairs<String, String?>) -> [(String, String)] {
        pairs.compactMap { name, value in value.map { (name, $0) } }
    }

    /// What a line in small drawings means.
    public struct Legend: Hashable, Sendable {
        /// What the line looks like, such as “Solid green”.
        var line: String
        /// What it encloses.
        var meaning: String
        var isDashed: Bool
    }
}

/// A part of a report with a title of its own.
public struct Section: Sendable {
    /// Unique within a report.
    var title: String
    /// What it shows, in a sentence or two.
    var about: String
    var blocks: [Block]
}

/// A whole report, as every renderer takes it.
public struct ReportDocument: Sendable {
    var title: String
    /// What it is about and when it was made.
    var about: String
    /// Before the first section.
    var lead: [Block]
    var sections: [Section]
    /// After the last one.
    var footer: String
}
