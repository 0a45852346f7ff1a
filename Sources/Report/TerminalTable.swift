/// The matrix as plain text, for a terminal after a dispatch.
public enum TerminalTable {
    /// Lines that fit `width` characters where possible; columns are aligned by their widest cell.
    public static func render(_ model: ReportModel, width: Int = 120) -> String {
        let columns = MatrixTable(model.shown).columns.filter(\.isShort)
        let head = columns.map(\.title)
        let rows = model.shown.map { entry in columns.map { $0.cell(entry) } }
        let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            cells.enumerated().map { column, text in
                let space = String(repeating: " ", count: widths[column] - text.count)
                return columns[column].isNumber ? space + text : text + space
            }.joined(separator: "  ")
        }
        var lines = [line(head), widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")]
        lines += rows.map(line)
        for entry in model.failed {
            let run = entry.run.summary
            lines.append("")
            lines.append("\(entry.label): \(run.failureCode ?? run.outcome.rawValue): \(run.failureMessage ?? "")")
        }
        let cautions = model.entries.compactMap(HealthWords.caution)
        if !cautions.isEmpty { lines.append("") }
        lines += cautions
        if !model.recommendations.isEmpty { lines.append("") }
        lines += model.recommendations
        return lines.map { line in
            var line = line
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n") + "\n"
    }
}
