import Statistics

/// Accuracy against speed.
enum DiceSection: ReportSection {
    static func section(_ model: ReportModel) -> Section? {
        let points = model.measured.compactMap(point)
        guard !points.isEmpty else { return nil }
        return Section(
            title: "Dice against latency",
            about: "Up is more accurate, left is faster. The thin lines are 95% intervals over patients.",
            blocks: [.chart(name: "dice", DiceChart(points: points).draw())])
    }

    private static func point(_ entry: ReportModel.Entry) -> DiceChart.Point? {
        guard let median = entry.median, let dice = entry.dice else { return nil }
        return .init(
            label: entry.label, colour: entry.colour, isFaded: !entry.isRanked, medianNs: median,
            dice: dice.patientMean, interval: dice.patientInterval, gate: entry.gateResult.gate)
    }
}
