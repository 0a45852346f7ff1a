@testable import Report

/// A report in each of its forms.
enum ReportForms {
    static func html(_ model: ReportModel) -> String { HTMLRenderer.render(model.document) }
    static func markdown(_ model: ReportModel) -> [(name: String, text: String)] {
        MarkdownRenderer.render(model.document)
    }
    static func terminal(_ model: ReportModel) -> String { TerminalRenderer.render(DispatchSummary.blocks(model)) }
}
