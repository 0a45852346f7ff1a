import Store

/// Renders a report as one self-contained HTML file.
public enum HTMLReport {
    /// The whole document.
    public static func render(_ model: ReportModel) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(escaped(model.title))</title>
        <style>
        \(PageStyle.rules)
        \(ChartStyle.rules)
        </style>
        </head>
        <body>
        <main>
        \(sections(model).joined(separator: "\n"))
        <footer>Made by harness from its results database. Every number above can be traced through “Provenance”.</footer>
        </main>
        </body>
        </html>

        """
    }

    private static func sections(_ model: ReportModel) -> [String] {
        var parts = [header(model), matrix(model)]
        let repeats = RepeatsTable.rows(model)
        if !repeats.isEmpty {
            parts.append(
                section(RepeatsTable.title, RepeatsTable.about, plain(RepeatsTable.head, repeats, id: "repeats")))
        }
        if !model.failed.isEmpty { parts.append(failures(model)) }
        if !model.measured.isEmpty {
            parts.append(
                section(
                    "Latency",
                    "Every timed sample is a dot; the box holds the middle half, the long line is the median, the short ones p90 and p99.",
                    wide(LatencyChart(entries: model.measured).draw())))
        }
        if !SustainedWords.entries(model).isEmpty { parts.append(sustained(model)) }
        if model.measured.contains(where: { $0.dice != nil }) {
            parts.append(
                section(
                    "Dice against latency",
                    "Up is more accurate, left is faster. The thin lines are 95% intervals over patients.",
                    wide(DiceChart(entries: model.measured).draw())))
        }
        let slices = slices(model)
        if !slices.isEmpty { parts.append(slices) }
        let profiles = ProfileSection.all(model)
        if !profiles.isEmpty {
            parts.append(section(ProfileSection.title, ProfileSection.about, profiles.map(profile).joined()))
        }
        if !model.measured.isEmpty { parts.append(phases(model)) }
        parts.append(provenance(model))
        return parts
    }

    private static func section(_ title: String, _ about: String, _ body: String) -> String {
        "<section>\n<h2>\(escaped(title))</h2>\n<p>\(escaped(about))</p>\n\(body)\n</section>"
    }

    /// A chart that scrolls in its own frame where the page is narrow, so that its text stays readable.
    private static func wide(_ chart: SVG) -> String { "<div class=\"scroll\">\(chart.inline)</div>" }

    private static func header(_ model: ReportModel) -> String {
        let data = model.datasets.map { dataset in
            "\(escaped(dataset.name))\(dataset.synthetic ? " (synthetic)" : ""), \(dataset.patients) patients, \(dataset.slices) slices"
        }
        let targets = Set(model.entries.map(\.run.summary.target)).count
        let about =
            "\(model.entries.count) runs on \(targets) target\(targets == 1 ? "" : "s"). Data: \(data.isEmpty ? "none" : data.joined(separator: "; ")). Generated \(escaped(model.generatedAt))."
        var html = "<header>\n<h1>\(escaped(model.title))</h1>\n<p>\(about)</p>\n"
        if !model.recommendations.isEmpty { html += list(model.recommendations, "lead") }
        if !model.cautions.isEmpty { html += list(model.cautions, "notes") }
        return html + "</header>"
    }

    private static func list(_ items: [String], _ style: String) -> String {
        "<ul class=\"\(style)\">\n" + items.map { "<li>\(escaped($0))</li>\n" }.joined() + "</ul>\n"
    }

    private static func matrix(_ model: ReportModel) -> String {
        let matrix = MatrixTable(model.shown)
        let head = matrix.columns.map {
            "<th scope=\"col\" title=\"\(escaped($0.meaning))\"\($0.isNumber ? "" : " class=\"t\"")>\(escaped($0.title))</th>"
        }
        let rows = model.shown.map { entry in
            let cells = zip(matrix.columns, matrix.cells(entry)).map { column, text in
                if column.title == MatrixTable.verdict { return verdictCell(entry) }
                let style =
                    (column.isNumber ? [] : ["t"]) + (column.kind == .time ? ["time"] : [])
                    + (column.title == "Median" ? ["strong"] : [])
                return "<td\(style.isEmpty ? "" : " class=\"\(style.joined(separator: " "))\"")>\(escaped(text))</td>"
            }
            let style = [entry.verdict.kind == .best ? "best" : nil, entry.run.summary.emulated ? "emulated" : nil]
            return "<tr class=\"\(style.compactMap(\.self).joined(separator: " "))\">\(cells.joined())</tr>"
        }
        return section(
            "Targets and variants",
            "Latency is of the call alone unless it says end to end. Point at a column's head for its meaning."
                + (MatrixTable.comparison(model).map { " \($0)" } ?? ""),
            table(head, rows, id: "matrix"))
    }

    private static func verdictCell(_ entry: ReportModel.Entry) -> String {
        let style =
            switch entry.verdict.kind {
            case .best: "best"
            case .passes: "passes"
            case .belowGate: "below"
            case .unjudged: "unjudged"
            case .failed: "failed"
            }
        return
            "<td class=\"t v v-\(style)\" title=\"\(escaped(entry.verdict.reason))\">\(escaped(entry.verdict.word))</td>"
    }

    private static func table(_ head: [String], _ rows: [String], id: String) -> String {
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(id)\"><table id=\"\(id)\">\n<thead><tr>\(head.joined())</tr></thead>\n<tbody>\n\(rows.joined(separator: "\n"))\n</tbody></table></div>"
    }

    private static func failures(_ model: ReportModel) -> String {
        let rows = model.failed.map { entry in
            let run = entry.run.summary
            return
                "<tr><td class=\"t\">\(escaped(run.target))</td><td class=\"t\">\(escaped(run.variant))</td><td class=\"t\">\(escaped(run.failureCode ?? run.outcome.rawValue))</td><td class=\"t reason\">\(escaped(run.failureMessage ?? ""))</td></tr>"
        }
        let head = ["Target", "Variant", "Code", "What happened, and what to do"].map {
            "<th scope=\"col\" class=\"t\">\($0)</th>"
        }
        return section("Failures", "A run that fails is a result, too.", table(head, rows, id: "failures"))
    }

    private static func sustained(_ model: ReportModel) -> String {
        let charts = SustainedChart.all(model).map { wide($0.draw()) }.joined(separator: "\n")
        let flips = SustainedWords.flips(model).map { "<p>\(escaped($0))</p>\n" }.joined()
        return section(
            SustainedWords.title, SustainedWords.about,
            flips + charts
                + plain(SustainedWords.head, SustainedWords.entries(model).map(SustainedWords.cells), id: "sustained"))
    }

    private static func slices(_ model: ReportModel) -> String {
        // One run a checkpoint and target is enough to see what the network finds: the best, else the first.
        guard
            let entry = model.measured.first(where: { $0.verdict.kind == .best && !$0.run.pictures.isEmpty })
                ?? model.measured.first(where: { !$0.run.pictures.isEmpty })
        else { return "" }
        let figures = SliceFigures.of(entry).compactMap { figure in
            figure.draw().map { "<figure>\($0.inline)<figcaption>\(escaped(figure.caption))</figcaption></figure>" }
        }
        let key = "<p><span class=\"key\"></span>true <span class=\"key dashed\"></span>predicted</p>"
        return section(
            "Sample slices", "By \(entry.label): from the worst to the best slice with tumour, and one without.",
            key + "<div class=\"slices\">\(figures.joined(separator: "\n"))</div>")
    }

    private static func phases(_ model: ReportModel) -> String {
        section(
            "Phases", "What a user waits for before the first mask, and what the measurement took.",
            plain(["Run"] + PhaseTable.names, model.measured.map(PhaseTable.cells), id: "phases"))
    }

    private static func profile(_ part: ProfileSection) -> String {
        let said = part.table.sentences.map { "<p>\(escaped($0))</p>\n" }.joined()
        return "<h3>\(escaped(part.heading))</h3>\n\(said)\(part.chart.map(wide) ?? "")"
            + "<details>\n<summary>All functions</summary>\n\(plain(ProfileTable.head, part.cells, id: "profile"))</details>\n"
    }

    /// A table of text whose first column names the rows; the others are numbers.
    private static func plain(_ head: [String], _ rows: [[String]], id: String) -> String {
        func cells(_ texts: [String], _ tag: String) -> String {
            texts.enumerated().map { index, text in
                "<\(tag)\(index == 0 ? " class=\"t\"" : "")>\(escaped(text))</\(tag.prefix(2))>"
            }.joined()
        }
        return table([cells(head, "th scope=\"col\"")], rows.map { "<tr>\(cells($0, "td"))</tr>" }, id: id)
    }

    private static func provenance(_ model: ReportModel) -> String {
        let blocks = model.entries.map { entry in
            let pairs = Provenance.pairs(entry).map { "<dt>\(escaped($0.0))</dt><dd>\(escaped($0.1))</dd>" }.joined(
                separator: "\n")
            return
                "<details>\n<summary>\(escaped(entry.label)), run \(entry.run.summary.id)</summary>\n<dl>\n\(pairs)\n</dl>\n</details>"
        }
        return section("Provenance", "Where every number comes from.", blocks.joined(separator: "\n"))
    }
}

/// A run's pictures with their Dice.
enum SliceFigures {
    static func of(_ entry: ReportModel.Entry) -> [SliceFigure] {
        let figures = entry.run.pictures.map { picture in
            let slice = entry.run.slices.first { $0.patient == picture.patient && $0.index == picture.sliceIndex }
            return SliceFigure(picture: picture, dice: slice.map(dice))
        }
        return figures.sorted { ($0.dice ?? 0) < ($1.dice ?? 0) }
    }
}
