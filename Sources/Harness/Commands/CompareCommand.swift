import CommandParser
import Report
import Text
import Store

/// `harness compare`
enum CompareCommand: Command {
    private static let side = ValueKind<(text: String, runs: RunSelector)>("RUNS") { text throws(UsageError) in
        guard let runs = RunSelector(text) else {
            throw UsageError("“\(text)” selects no runs; write \(RunSelector.forms)")
        }
        return (text, runs)
    }
    private static let metrics = ComparedMetric.allCases.map(\.rawValue).joined(separator: ", ")

    static let base = Positional.required("base", side, "The baseline: \(RunSelector.forms).")
    static let candidate = Positional.required("candidate", side, "What is compared with it, selected likewise.")
    static let margins = Option.list(
        "margin", .shares,
        "The largest difference that does not matter: \(metrics). \(defaults(ComparisonRules.defaultMargins)).")
    static let thresholds = Option.list(
        "threshold", .shares,
        "How much worse, with certainty, is a regression. \(defaults(ComparisonRules.defaultThresholds)).")
    static let failOn = Option.optional(
        "fail-on", .choice("WHAT", ["regression"]), "Exit with status 2 if there is one.")
    static let format = Option.one(
        "format", .choice("FORMAT", ["table", "markdown", "json"]), default: "table",
        "How to print it; docs/schemas/compare.schema.json describes json.")
    static let spec = CommandSpec(
        name: "compare", summary: "compare two sets of runs: better, worse, same or cannot tell",
        discussion: """
            Each side is runs, a dispatch, a label, a source commit or a time range; \
            runs are compared where target, device, threads, data set, scenario and variant are equal. If each side has a single variant, \
            the two are compared whatever their names.

            The verdict is “better” or “worse” if the ratio differs from 1 with 99% confidence, “same” if its 95% interval lies within the margin, \
            and otherwise what would decide. The interval includes how runs of one side differ from each other: let each side have several. \
            Times of emulated runs are not compared. A candidate that fails where the baseline did not is a regression.
            """,
        parameters: [base, candidate, margins, thresholds, failOn, format, Shared.database],
        examples: [
            .init("harness compare 7 8", "two runs"),
            .init(
                "harness compare label:main label:change --fail-on regression",
                "for CI: status 2 if anything became worse"),
            .init(
                "harness compare commit:ab12 commit:cd34 --threshold latency=5% memory=10% --format markdown",
                "with thresholds of your own, for a pull request"),
        ])

    static func run(_ arguments: ParsedArguments) async throws -> ExitCode {
        func last(_ given: [[ComparedMetric: Double]]) -> [ComparedMetric: Double] {
            given.reduce([:]) { $0.merging($1) { $1 } }
        }
        let rules = ComparisonRules(margins: last(arguments[margins]), thresholds: last(arguments[thresholds]))
        for metric in ComparedMetric.allCases {
            guard let margin = rules.margins[metric], let threshold = rules.thresholds[metric], margin > threshold
            else { continue }
            throw UsageError(
                "\(metric.rawValue): the margin of \(Format.percentage(margin)) is above the threshold of \(Format.percentage(threshold)): a regression would count as the same. Lower the margin."
            )
        }
        let store = try ResultsStore(path: arguments[Shared.database], mode: .readOnly)
        let comparison = try await RunComparison.build(
            store, base: arguments[base], candidate: arguments[candidate], rules: rules)
        switch arguments[format] {
        case "json": Terminal.write(try comparison.json())
        case "markdown": Terminal.write(MarkdownRenderer.render(ComparisonText.blocks(comparison)))
        default: Terminal.write(TerminalRenderer.render(ComparisonText.blocks(comparison)))
        }
        if arguments[failOn] != nil, comparison.hasRegression { return .regression }
        return comparison.isEmpty ? .failed : .done
    }

    private static func defaults(_ shares: [ComparedMetric: Double]) -> String {
        "Default: "
            + ComparedMetric.allCases.compactMap { metric in
                shares[metric].map { "\(metric.rawValue)=\(Format.percentage($0))" }
            }.joined(separator: ", ")
    }
}

extension ValueKind where Value == [ComparedMetric: Double] {
    /// `latency=3%`, several separated by commas.
    static var shares: Self {
        ValueKind("METRIC=PERCENT") { text throws(UsageError) in
            var shares: Value = [:]
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                let sides = part.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
                guard sides.count == 2 else { throw UsageError("“\(part)” is not like latency=3%") }
                guard let metric = ComparedMetric(rawValue: sides[0]) else {
                    let all = ComparedMetric.allCases.map(\.rawValue)
                    let near = Spelling.nearest(to: sides[0], among: all).map { "Did you mean \($0)?" }
                    throw UsageError(
                        "“\(sides[0])” is not a metric. \(near ?? "There are \(all.joined(separator: ", ")).")")
                }
                guard sides[1].hasSuffix("%"), let percent = Double(sides[1].dropLast()), (0...1000).contains(percent)
                else { throw UsageError("“\(sides[1])” is not a percentage; write for example 3%") }
                shares[metric] = percent / 100
            }
            return shares
        }
    }
}
