/// Distributions of compute latency.
enum LatencySection: ReportSection {
    static func section(_ model: ReportModel) -> Section? {
        let rows = model.measured.compactMap { entry -> LatencyChart.Row? in
            guard let summary = entry.spread, let median = entry.median else { return nil }
            return (entry, summary, median)
        }
        guard !rows.isEmpty else { return nil }
        return Section(
            title: "Latency",
            about:
                "Every timed sample is a dot; the box holds the middle half, the long line is the median, the short ones are p90 and p99.",
            blocks: [.chart(name: "latency", LatencyChart(rows: rows).draw())])
    }
}
