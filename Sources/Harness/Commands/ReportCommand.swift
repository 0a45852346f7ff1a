import AgentAPI
import CommandParser
import Statistics
import Report
import Text
import Store

/// `harness report`
enum ReportCommand: Command {
    static let formats = Option.one(
        "format", .choices("LIST", ReportFormat.allCases.map(\.rawValue)), default: ["html", "md"], shown: "html,md",
        "Formats, separated by commas.")
    static let output = Option.one("output", short: "o", .directory(), default: "report", "Folder to write to.")
    static let title = Option.one("title", .text("TEXT"), default: "U-Nets on our boards", "The report's title.")
    static let baseline = Option.optional(
        "baseline", .text("VARIANT"),
        "What speed-ups are relative to. If not given: pytorch-eager, or else onnxruntime-fp32.")
    static let gate = Option.one(
        "gate", .choice("PERCENT", ["99", "99.9"]), default: "99",
        "The share of PyTorch's Dice that a variant must keep to be recommended: one of MLPerf's two.")
    static let reference = Option.optional(
        "reference", .text("NAME"),
        "Whose masks the others' are compared with: a target, a variant, or TARGET/VARIANT. If not given: PyTorch's, or else those of the real board with the least rounding."
    )
    static let spec = CommandSpec(
        name: "report", summary: "compare targets and variants, as HTML and Markdown",
        discussion: """
            Takes the newest run of each target and bundle, or those of one dispatch. The HTML file is self-contained and can be \
            sent as it is.

            A run's speed-up is relative to the baseline's run of the same dispatch, board, weights and threads; without one it has none. \
            Emulated runs are never compared.
            """,
        parameters: [formats, output, title, baseline, reference, gate, Shared.database, Shared.dispatch],
        examples: [
            .init("harness report --format html --output report/", "write report/report.html"),
            .init("harness report --baseline fp32-direct", "compare with another variant than PyTorch"),
        ])

    static func run(_ arguments: ParsedArguments) async throws -> ExitCode {
        let store = try ResultsStore(path: arguments[Shared.database], mode: .readOnly)
        let filter = arguments[Shared.dispatch].map { RunFilter.dispatch($0) } ?? .latest
        let model = try await ReportBuilder.build(
            store, filter, title: arguments[title], now: Timestamp.now(), baseline: arguments[baseline],
            reference: arguments[reference], gate: AccuracyGate(share: arguments[gate] == "99" ? 0.99 : 0.999))
        guard !model.entries.isEmpty else {
            Terminal.error("There are no runs to report: dispatch something first.")
            return .failed
        }
        let variants = Set(model.entries.map(\.variant)).sorted()
        if let wanted = arguments[baseline], !variants.contains(wanted) {
            let near = Spelling.nearest(to: wanted, among: variants).map { " Did you mean \($0)?" }
            throw UsageError(
                "--baseline: no run has the variant “\(wanted)”.\(near ?? " There are \(variants.joined(separator: ", ")).")"
            )
        }
        if let wanted = arguments[reference] {
            let known = Set(model.entries.flatMap { [$0.target, $0.variant, "\($0.target)/\($0.variant)"] })
            guard known.contains(wanted) else {
                throw UsageError(
                    "--reference: no run has the target or variant “\(wanted)”. There are \(known.sorted().joined(separator: ", "))."
                )
            }
        }
        let chosen = arguments[formats].compactMap { ReportFormat(rawValue: $0) }
        for path in try ReportWriter.write(model, chosen, to: arguments[output]) { Terminal.line(path) }
        return .done
    }
}
