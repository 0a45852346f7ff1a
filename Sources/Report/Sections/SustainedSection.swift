import Results
import Statistics
import Store
import Text

/// What a board keeps up.
enum SustainedSection: ReportSection {
    static func section(_ model: ReportModel) -> Section? {
        let rankings = rankings(model)
        guard !rankings.isEmpty else { return nil }
        let charts = rankings.enumerated().map { index, entries in
            Block.chart(name: "sustained-\(index + 1)", SustainedChart(entries: entries).draw())
        }
        let columns: [Table.Column] = [
            .text("Run"), .number("Burst"), .number("Sustained"), .number("Sustained / burst"),
            .number("95% interval"), .number("Slower from"), .text("Detected by"),
        ]
        let table = Table("sustained", columns, rankings.flatMap(\.self).map(row))
        return Section(
            title: "Sustained",
            about:
                "Burst is the median of the first window after the warm-up, sustained that of the last third of all windows. Slower from: the first window from which on every median is more than 5% above the burst, or in which the board reported throttling or a clock more than 10% lower.",
            blocks: [.list(reversals(model))] + charts + [.table(table)])
    }

    /// The entries that lasted long enough, a list a target and scenario.
    private static func rankings(_ model: ReportModel) -> [[ReportModel.Entry]] {
        model.groups.map { group in
            model.measured.filter { $0.sustained != nil && $0.group == group }
        }.filter { !$0.isEmpty }
    }

    static func row(_ entry: ReportModel.Entry) -> [String] {
        guard let speed = entry.sustained else { return [] }
        return [
            entry.label, Format.duration(speed.size.baseline), Format.duration(speed.size.candidate),
            Format.ratio(speed.size.ratio), Format.ratios(speed.size.interval),
            speed.throttling.map(start) ?? "not detected", speed.throttling.map(evidence) ?? Format.unknown,
        ]
    }

    /// A sentence for each pair of a ranking that changes its order, and one if none does.
    static func reversals(_ model: ReportModel) -> [String] {
        rankings(model).filter { $0.count > 1 }.flatMap { runs in
            let (place, reversals) = (runs[0].group.place, reversals(runs))
            let none =
                "none of the \(runs.count) runs changes rank from burst to sustained, as far as 99% intervals can tell."
            return (reversals.isEmpty ? [none] : reversals).map { "\(place), \($0)" }
        }
    }

    private static func reversals(_ runs: [ReportModel.Entry]) -> [String] {
        var found: [String] = []
        for (place, one) in runs.enumerated() {
            for other in runs[(place + 1)...] {
                guard let flip = other.sustained.flatMap({ one.sustained?.flip(with: $0) }) else { continue }
                // Both ratios are the other's time over this one's.
                let (early, late) = flip.burst.ratio > 1 ? (one, other) : (other, one)
                let ratios = [flip.burst.ratio, flip.sustained.ratio].map { Format.ratio(max($0, 1 / $0)) }
                found.append(
                    "the order reverses: \(name(early)) is faster in the first window (\(ratios[0])), \(name(late)) when sustained (\(ratios[1]))."
                )
            }
        }
        return found
    }

    private static func name(_ entry: ReportModel.Entry) -> String { "\(entry.variant) (run \(entry.id))" }

    /// Rows for a run's list of facts; none for a short run.
    static func pairs(_ entry: ReportModel.Entry) -> [(String, String)] {
        guard let speed = entry.sustained else { return [] }
        let (size, window) = (speed.size, Format.duration(speed.windowNs))
        let last = speed.sustainedWindows == 1 ? "the last one" : "the last \(speed.sustainedWindows)"
        let text =
            "\(Format.duration(size.baseline)) in the first window of \(window), \(Format.duration(size.candidate)) in \(last): \(Format.ratio(size.ratio)) (95% interval \(Format.ratios(size.interval)))"
        let slower = speed.throttling.map { "\(start($0)), detected by \(evidence($0))" } ?? "not detected"
        return [("Sustained", text), ("Slower from", slower)]
    }

    private static func start(_ throttling: Throttling) -> String {
        throttling.startNs == 0 ? "the start" : Format.duration(throttling.startNs)
    }

    private static func evidence(_ throttling: Throttling) -> String {
        throttling.witnesses.map { witness in
            switch witness {
            case .latency: "latency"
            case .board(let reasons): "the board: \(reasons.joined(separator: ", "))"
            case .clock(let from, let to): "the clock: \(from / 1000) to \(to / 1000) MHz"
            }
        }.joined(separator: "; ")
    }
}

extension SustainedSpeed {
    /// What a run's windows say; nil if it was too short, failed, or was emulated, where times mean nothing.
    init?(_ run: RunDetail) {
        guard let window = run.windows.first?.latency.durationNs, run.summary.outcome == .succeeded,
            !run.summary.emulated, let divided = WindowedSamples(run.samples, run.queries, windowNs: window)
        else { return nil }
        self.init(divided, health: run.windows.map(\.health))
    }
}
