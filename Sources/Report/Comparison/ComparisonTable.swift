import Statistics

/// A comparison as cells and sentences: one source for the terminal and Markdown.
public enum ComparisonTable {
    static let head = [
        "Target", "Variant", "Metric", "Base", "Candidate", "Change", "95% interval", "Verdict", "To decide",
    ]
    static let numbers: Set<Int> = [3, 4, 5, 6]

    static func rows(_ comparison: RunComparison) -> [[String]] {
        comparison.pairs.flatMap { pair in
            pair.results.filter { $0.verdict != .notCompared }.map { result in
                [
                    pair.circumstances.target + (pair.emulated ? " (emulated)" : ""), variant(pair),
                    result.metric.title, result.metric.text(result.base), result.metric.text(result.candidate),
                    result.ratio.map(change) ?? Format.unknown, result.interval.map(interval) ?? Format.unknown,
                    verdict(result), result.needed.map(needed) ?? "",
                ]
            }
        }
    }

    /// Aligned columns, then what the table cannot say.
    public static func terminal(_ comparison: RunComparison) -> String {
        let lines = [head] + rows(comparison)
        let widths = head.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        var text = "\(sides(comparison))\n\n"
        if lines.count > 1 {
            for (index, cells) in lines.enumerated() {
                var line = cells.enumerated().map { column, cell in
                    let space = String(repeating: " ", count: widths[column] - cell.count)
                    return numbers.contains(column) ? space + cell : cell + space
                }.joined(separator: "  ")
                while line.last == " " { line.removeLast() }
                text += line + "\n"
                if index == 0 {
                    text += widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ") + "\n"
                }
            }
            text += "\n"
        }
        return text + sentences(comparison).map { "\($0)\n" }.joined()
    }

    /// A table, then a list.
    public static func markdown(_ comparison: RunComparison) -> String {
        func line(_ cells: [String]) -> String {
            "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
        }
        var text = "\(sides(comparison))\n\n"
        let rows = rows(comparison)
        if !rows.isEmpty {
            text += line(head) + line(head.indices.map { numbers.contains($0) ? "---:" : "---" })
            text += rows.map(line).joined() + "\n"
        }
        return text + sentences(comparison).map { "- \($0)\n" }.joined()
    }

    private static func sides(_ comparison: RunComparison) -> String {
        "Base: \(comparison.base). Candidate: \(comparison.candidate)."
    }

    private static func variant(_ pair: RunComparison.Pair) -> String {
        pair.baseVariant == pair.candidateVariant ? pair.baseVariant : "\(pair.baseVariant) → \(pair.candidateVariant)"
    }

    /// `+3.1%`.
    static func change(_ ratio: Double) -> String {
        let percent = (ratio - 1) * 100
        let text = Format.fixed(percent, abs(percent) < 10 ? 2 : 1)
        return (percent > 0 && text.contains { $0 != "0" && $0 != "." } ? "+" : "") + text + "%"
    }

    private static func interval(_ interval: Interval) -> String {
        "\(change(interval.lower)) … \(change(interval.upper))"
    }

    private static func verdict(_ result: RunComparison.Result) -> String {
        switch result.verdict {
        case .same: "same"
        case .cannotTell: "cannot tell"
        case .notCompared: "not compared"
        case .better, .worse:
            result.metric.word(less: (result.verdict == .better) != result.metric.moreIsBetter)
                + (result.isRegression ? ": a regression" : "")
        }
    }

    private static func needed(_ needed: RunComparison.Needed) -> String {
        let what =
            switch needed.what {
            case .samples: "samples"
            case .runs: "runs"
            case .patients: "patients"
            }
        guard let factor = needed.factor else {
            return needed.what == .runs ? "a second run of a side" : "more patients"
        }
        return factor > 1000 ? "over 1000 times the \(what)" : "\(Format.digits(max(factor, 1.1))) times the \(what)"
    }

    private static func sentences(_ comparison: RunComparison) -> [String] {
        var sentences: [String] = []
        for pair in comparison.pairs {
            let name = "\(pair.circumstances.target), \(variant(pair))"
            if pair.isBroken { sentences.append("\(name): no run of the candidate succeeded: a regression.") }
            if !pair.isBroken, pair.baseRuns.isEmpty { sentences.append("\(name): no run of the baseline succeeded.") }
            if !pair.results.isEmpty {
                sentences.append(
                    "\(name): runs \(numbers(pair.baseRuns)) against \(numbers(pair.candidateRuns)), \(circumstances(pair.circumstances))."
                )
            }
            sentences += pair.notes.map { "\(name): \($0)" }
            // One sentence a reason: metrics often share it.
            let reasons = Dictionary(grouping: pair.results.filter { $0.reason != nil }) { $0.reason ?? "" }
            for (reason, results) in reasons.sorted(by: { $0.key < $1.key }) {
                sentences.append("\(name), \(results.map(\.metric.title).joined(separator: ", ")): \(reason).")
            }
        }
        for group in comparison.unpaired {
            sentences.append(
                "Only in the \(group.isBase ? "baseline" : "candidate"): \(group.circumstances.target), \(group.variant), \(circumstances(group.circumstances)): runs \(numbers(group.runs))."
            )
        }
        if comparison.pairs.isEmpty {
            sentences.append(
                "Nothing can be compared: no two runs agree in target, device, threads, data set, scenario and variant."
            )
        }
        return sentences
    }

    private static func numbers(_ runs: [Int64]) -> String {
        runs.count <= 6
            ? runs.map { "\($0)" }.joined(separator: ", ")
            : "\(runs[0]) … \(runs[runs.count - 1]) (\(runs.count) of them)"
    }

    private static func circumstances(_ it: RunComparison.Circumstances) -> String {
        let threads = it.threads.map { $0 == 1 ? "1 thread" : "\($0) threads" } ?? "threads unknown"
        return "\(it.device), \(threads), \(it.dataset ?? "no data set"), \(it.scenario)"
    }
}
