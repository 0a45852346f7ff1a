import FoundationEssentials

/// Formats a report can have.
public enum ReportFormat: String, Sendable, CaseIterable {
    /// One self-contained page.
    case html
    /// A page for a repository, with its drawings beside it.
    case markdown = "md"

    /// Files by name, the main one first.
    func render(_ document: ReportDocument) -> [(name: String, text: String)] {
        switch self {
        case .html: [("report.html", HTMLRenderer.render(document))]
        case .markdown: MarkdownRenderer.render(document)
        }
    }
}

/// Writes reports to a folder.
public enum ReportWriter {
    /// Writes the formats asked for, each file whole or not at all; returns the main files' paths.
    public static func write(_ model: ReportModel, _ formats: [ReportFormat], to folder: String) throws -> [String] {
        let folder = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        return try formats.map { format in
            let files = format.render(model.document)
            for file in files { try OutputFile.write(Array(file.text.utf8), to: folder, file.name) }
            return "\(folder)/\(files[0].name)"
        }
    }
}
