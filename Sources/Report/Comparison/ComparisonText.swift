import Statistics
import Text

/// A comparison as a table and sentences.
public enum ComparisonText {
    /// The two sides, what was compared, and what the table cannot say.
    public static func blocks(_ comparison: RunComparison) -> [Block] {
        let sides = Block.paragraph("Base: \(comparison.base). Candidate: \(comparison.candidate).")
        let table = table(comparison)
        return [sides] + (table.rows.isEmpty ? [] : [.table(table)]) + [.list(sentences(comparison))]
    }

    private static func table(_ comparison: RunComparison) -> Table {
        let columns: [Table.Column] = [
            .text("Target"), .text("Variant"), .text("Metric"), .number("Base"), .number("Candidate"),
            .number("Change"), .number("95% interval"), .text("Verdict"), .text("Needed to decide"),
        ]
        let rows = comparison.pairs.flatMap { pair in
            pair.metrics.filter { $0.outcome != .notCompared }.map { row(pair, $0) }
        }
        return Table("comparison", columns, rows)
    }

    private static func row(_ pair: RunComparison.Pair, _ result: RunComparison.Result) -> [String] {
        [
            pair.circumstances.target + (pair.emulated ? " (emulated)" : ""), variant(pair), result.metric.title,
            result.metric.text(result.base), result.metric.text(result.candidate),
            result.ratio.map(Format.change) ?? Format.unknown,
            result.interval.map { Format.interval($0.lower, $0.upper, Format.change) } ?? Format.unknown,
            outcome(result), result.needed.map(needed) ?? "",
        ]
    }

    private static func variant(_ pair: RunComparison.Pair) -> String {
        pair.base.variant == pair.candidate.variant
            ? pair.base.variant : "\(pair.base.variant) → \(pair.candidate.variant)"
    }

    private static func outcome(_ result: RunComparison.Result) -> String {
        switch result.outcome {
        case .same: "same"
        case .cannotTell: "cannot tell"
        case .notCompared: "not compared"
        case .better, .worse:
            result.metric.comparative(less: (result.outcome == .better) != result.metric.moreIsBetter)
                + (result.isRegression ? ", a regression" : "")
        }
    }

    private static func needed(_ needed: RunComparison.Needed) -> String {
        let what = needed.what.rawValue
        guard let factor = needed.factor else {
            return needed.what == .runs ? "a second run on each side" : "more patients"
        }
        return factor > 1000 ? "over 1000 times the \(what)" : "\(Format.digits(max(factor, 1.1))) times the \(what)"
    }

    private static func sentences(_ comparison: RunComparison) -> [String] {
        var sentences: [String] = []
        for pair in comparison.pairs {
            let name = "\(pair.circumstances.target), \(variant(pair))"
            if pair.candidateFails { sentences.append("\(name): no run of the candidate succeeded: a regression.") }
            if !pair.candidateFails, pair.base.runs.isEmpty {
                sentences.append("\(name): no run of the baseline succeeded.")
            }
            if !pair.metrics.isEmpty {
                sentences.append(
                    "\(name): runs \(numbers(pair.base.runs)) against \(numbers(pair.candidate.runs)), \(circumstances(pair.circumstances))."
                )
            }
            sentences += pair.notes.map { "\(name): \($0)" }
            // One sentence for each reason: metrics often share one.
            let reasons = Dictionary(grouping: pair.metrics.filter { $0.reason != nil }) { $0.reason ?? "" }
            for (reason, results) in reasons.sorted(by: { $0.key < $1.key }) {
                sentences.append("\(name), \(results.map(\.metric.title).joined(separator: ", ")): \(reason).")
            }
        }
        for group in comparison.unpaired {
            sentences.append(
                "Only in the \(group.side == .base ? "baseline" : "candidate"): \(group.circumstances.target), \(group.variant), \(circumstances(group.circumstances)): \(group.runs.count == 1 ? "run" : "runs") \(numbers(group.runs))."
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
            : "\(runs[0]) … \(runs[runs.count - 1]) (\(runs.count) in all)"
    }

    private static func circumstances(_ it: RunComparison.Circumstances) -> String {
        let threads = it.threads.map { Format.count($0, "thread") } ?? "threads unknown"
        return "\(it.device), \(threads), \(it.dataset ?? "no data set"), \(it.scenario)"
    }
}
