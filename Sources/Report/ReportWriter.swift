import POSIX

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

/// A file, or the folder that should hold it, that could not be written.
public struct OutputError: Error, CustomStringConvertible {
    let path: String
    let cause: SystemError

    /// A sentence with a remedy.
    public var description: String {
        "\(path) cannot be written: \(cause.reason). Choose another folder with --output, or make room and set its permissions."
    }
}

/// Writes the files that a command makes for its user.
public enum ReportWriter {
    /// Writes a report in the formats asked for; returns the main files' paths.
    public static func write(
        _ model: ReportModel, _ formats: [ReportFormat], to folder: String
    ) throws(OutputError) -> [String] {
        var paths: [String] = []
        for format in formats { paths += try write(format.render(model.document), to: folder).prefix(1) }
        return paths
    }

    /// Writes files by name, each whole or not at all, making their folder first; returns their paths.
    public static func write(
        _ files: [(name: String, text: String)], to folder: String
    ) throws(OutputError) -> [String] {
        let folder = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        do { try Folder.make(folder) } catch { throw OutputError(path: folder, cause: error) }
        return try files.map { file throws(OutputError) in
            let path = "\(folder)/\(file.name)"
            do throws(SystemError) { try File.write(Array(file.text.utf8), to: path) } catch {
                throw OutputError(path: path, cause: error)
            }
            return path
        }
    }
}
