/// Accuracy against speed.
enum DiceSection: ReportSection {
    static func section(_ model: ReportModel) -> Section? {
        let points = model.measured.compactMap { entry -> DiceChart.Point? in
            guard let median = entry.median, let dice = entry.dice else { return nil }
            return (entry, median, dice)
        }
        guard !points.isEmpty else { return nil }
        return Section(
            title: "Dice against latency",
            about: "Up is more accurate, left is faster. The thin lines are 95% intervals over patients.",
            blocks: [.chart(name: "dice", DiceChart(points: points).draw())])
    }
}
