import Text

/// Runs that ended without a result.
enum FailuresSection: ReportSection {
    static func section(_ model: ReportModel) -> Section? {
        guard !model.failed.isEmpty else { return nil }
        let rows = model.failed.map { entry in
            Table.Row([
                Table.Cell(entry.target), Table.Cell(entry.variant), Table.Cell(entry.failureCode),
                Table.Cell(entry.failureMessage, .prose),
            ])
        }
        let columns = ["Target", "Variant", "Code", "What happened, and what to do"].map { Table.Column.text($0) }
        return Section(
            title: "Failures", about: "A failed run is a result, too.",
            blocks: [.table(Table("failures", columns, rows))])
    }

    static func sentences(_ model: ReportModel) -> [String] {
        model.failed.map { "\($0.label): \($0.failureCode): \($0.failureMessage)" }
    }
}
