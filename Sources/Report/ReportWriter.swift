import FoundationEssentials

/// Formats a report can have.
public enum ReportFormat: String, Sendable, CaseIterable {
    case html
    case markdown = "md"
}

/// Writes reports to a folder.
public enum ReportWriter {
    /// Writes the formats asked for, each file whole or not at all; returns the main files' paths.
    public static func write(_ model: ReportModel, _ formats: [ReportFormat], to folder: String) throws -> [String] {
        let folder = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var main: [String] = []
        for format in formats {
            let files: [(name: String, text: String)] =
                switch format {
                case .html: [("report.html", HTMLReport.render(model))]
                case .markdown: MarkdownReport.render(model)
                }
            for file in files {
                try Data(file.text.utf8).write(to: URL(filePath: "\(folder)/\(file.name)"), options: .atomic)
            }
            main.append("\(folder)/\(files[0].name)")
        }
        return main
    }
}
