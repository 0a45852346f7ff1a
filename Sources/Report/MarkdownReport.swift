import Statistics
import Store

/// The Dice of one stored slice.
func dice(_ slice: SliceScore) -> Double {
    DiceCounts(intersection: slice.intersection, predicted: slice.predicted, truth: slice.truth).dice
}

/// Renders a report as Markdown with its drawings as SVG files beside it.
public enum MarkdownReport {
    /// Files by name: `report.md` and the SVG files it shows.
    public static func render(_ model: ReportModel) -> [(name: String, text: String)] {
        var files: [(name: String, text: String)] = []
        var text = "# \(model.title)\n\nGenerated \(model.generatedAt).\n\n"
        text += model.recommendations.map { "- **\(inline($0))**\n" }.joined()
        text += model.cautions.map { "- \(inline($0))\n" }.joined()
        text += "\n## Targets and variants\n\n" + matrix(model)
        let repeats = RepeatsTable.rows(model)
        if !repeats.isEmpty {
            text += "\n## \(RepeatsTable.title)\n\n\(RepeatsTable.about)\n\n"
            text += table(RepeatsTable.head, repeats, numbersFrom: 1)
        }
        if !model.failed.isEmpty { text += "\n## Failures\n\n" + failures(model) }
        func picture(_ name: String, _ title: String, _ svg: SVG) {
            files.append((name, svg.file))
            text += "\n![\(title)](\(name))\n"
        }
        if !model.measured.isEmpty {
            text += "\n## Latency\n"
            picture("latency.svg", "Latency distributions", LatencyChart(entries: model.measured).draw())
        }
        let sustained = SustainedWords.entries(model)
        if !sustained.isEmpty {
            text += "\n## \(SustainedWords.title)\n\n\(inline(SustainedWords.about))\n\n"
            text += SustainedWords.flips(model).map { "\(inline($0))\n\n" }.joined()
            text += table(SustainedWords.head, sustained.map(SustainedWords.cells), numbersFrom: 1)
            for (index, chart) in SustainedChart.all(model).enumerated() {
                picture("sustained-\(index + 1).svg", "Latency over time", chart.draw())
            }
        }
        if model.measured.contains(where: { $0.dice != nil }) {
            text += "\n## Dice against latency\n"
            picture("dice.svg", "Dice against latency", DiceChart(entries: model.measured).draw())
        }
        if let entry = model.measured.first(where: { !$0.run.pictures.isEmpty }) {
            text +=
                "\n## Sample slices\n\nBy \(inline(entry.label)). Solid green: true mask; dashed orange: predicted.\n"
            for (index, figure) in SliceFigures.of(entry).enumerated() {
                guard let svg = figure.draw() else { continue }
                picture("slice-\(index + 1).svg", inline(figure.caption), svg)
                text += "\(inline(figure.caption))\n"
            }
        }
        let profiles = ProfileSection.all(model)
        if !profiles.isEmpty { text += "\n## \(ProfileSection.title)\n\n\(ProfileSection.about)\n" }
        for (index, part) in profiles.enumerated() {
            text += "\n### \(inline(part.heading))\n\n" + part.table.sentences.map { "\(inline($0))\n" }.joined()
            if let chart = part.chart {
                picture("roofline-\(index + 1).svg", inline("Roofline of \(part.heading)"), chart)
            }
            text += "\n" + table(ProfileTable.head, part.cells, numbersFrom: 2)
        }
        text +=
            "\n## Phases\n\n" + table(["Run"] + PhaseTable.names, model.measured.map(PhaseTable.cells), numbersFrom: 1)
        text += "\n## Provenance\n"
        for entry in model.entries {
            text += "\n### \(inline(entry.label)), run \(entry.run.summary.id)\n\n"
            text += Provenance.pairs(entry).map { "- \(inline($0.0)): \(inline($0.1))\n" }.joined()
        }
        return [("report.md", text)] + files
    }

    private static func matrix(_ model: ReportModel) -> String {
        let matrix = MatrixTable(model.shown)
        let first = matrix.columns.firstIndex { $0.isNumber } ?? matrix.columns.count
        let about = MatrixTable.comparison(model).map { "\n\(inline($0))\n" } ?? ""
        return table(matrix.columns.map(\.title), model.shown.map(matrix.cells), numbersFrom: first) + about
    }

    private static func failures(_ model: ReportModel) -> String {
        table(
            ["Target", "Variant", "Code", "What happened, and what to do"],
            model.failed.map { entry in
                let run = entry.run.summary
                return [run.target, run.variant, run.failureCode ?? run.outcome.rawValue, run.failureMessage ?? ""]
            }, numbersFrom: 4)
    }

    private static func table(_ head: [String], _ rows: [[String]], numbersFrom first: Int) -> String {
        let rule = head.indices.map { $0 < first ? "---" : "---:" }
        let lines = [head, rule] + rows.map { $0.map(inline) }
        return lines.map { "| \($0.joined(separator: " | ")) |\n" }.joined()
    }

    /// Text that Markdown must not read as markup.
    private static func inline(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            if "\\`*_[]<>|#".contains(character) { result.append("\\") }
            result += character.isNewline ? " " : String(character)
        }
    }
}
