import Statistics

/// Distributions of compute latency.
enum LatencySection: ReportSection {
    static func section(_ model: ReportModel) -> Section? {
        let rows = model.measured.compactMap(row)
        guard !rows.isEmpty else { return nil }
        return Section(
            title: "Latency",
            about:
                "Every timed sample is a dot; the box holds the middle half, the long line is the median, the short ones are p90 and p99.",
            blocks: [.chart(name: "latency", LatencyChart(rows: rows).draw())])
    }

    private static func row(_ entry: ReportModel.Entry) -> LatencyChart.Row? {
        guard let summary = entry.spread, let median = entry.median else { return nil }
        return .init(
            label: entry.label + (entry.isEmulated ? " (emulated)" : ""), colour: entry.colour,
            isFaded: !entry.isRanked, samples: entry.allSamples, summary: summary, median: median)
    }
}
