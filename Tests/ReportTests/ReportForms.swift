import Store

@testable import Report

/// A report in each of its forms.
enum ReportForms {
    static func model(_ runs: [RunDetail], baseline: String? = nil) -> ReportModel {
        ReportBuilder.build(runs, title: "T", now: "2026-01-01T00:00:00Z", baseline: baseline)
    }
    static func html(_ model: ReportModel) -> String { HTMLRenderer.render(model.document) }
    static func markdown(_ model: ReportModel) -> [(name: String, text: String)] {
        MarkdownRenderer.render(model.document)
    }
    static func terminal(_ model: ReportModel) -> String { TerminalRenderer.render(DispatchSummary.blocks(model)) }
}
