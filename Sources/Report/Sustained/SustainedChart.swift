import Statistics
import Store

/// Latency over time, a line a run: the median of each window, and thin and dashed its p99.
struct SustainedChart {
    /// Of one ranking.
    let entries: [ReportModel.Entry]

    private static let left = 70.0
    private static let right = 24.0
    private static let width = 860.0
    private static let plotHeight = 220.0
    private static let rowHeight = 20.0

    /// One chart a target and scenario.
    static func all(_ model: ReportModel) -> [SustainedChart] {
        let entries = SustainedWords.entries(model)
        return Set(entries.map(\.group)).sorted().map { group in
            SustainedChart(entries: entries.filter { $0.group == group })
        }
    }

    func draw() -> SVG {
        let top = 12 + Double(entries.count) * Self.rowHeight
        let bottom = top + Self.plotHeight
        var svg = SVG(
            width: Self.width, height: bottom + 46, title: "Latency over time",
            description: entries.map(\.label).joined(separator: "; "))
        let windows = entries.flatMap(\.run.windows).map(\.latency)
        let end = windows.map { $0.startNs + $0.durationNs }.max() ?? 1
        // Whole units on the axis: minutes of long runs.
        let unit = end >= 120_000_000_000 ? 60e9 : 1e9
        let time = Axis(from: 0, to: Double(end) / unit, left: Self.left, right: Self.width - Self.right)
        let (low, high) = (Double(windows.map(\.p50).min() ?? 0), Double(windows.map(\.p99).max() ?? 1))
        let margin = max((high - low) * 0.06, high * 0.02)
        let latency = Axis(from: max(0, low - margin), to: high + margin, left: bottom, right: top)
        for tick in latency.ticks {
            svg.line(Self.left, latency.position(tick), Self.width - Self.right, latency.position(tick), "grid")
            svg.text(Self.left - 8, latency.position(tick) + 4, Format.duration(tick), "small", anchor: "end")
        }
        for tick in time.ticks {
            svg.text(time.position(tick), bottom + 18, Format.digits(tick), "small", anchor: "middle")
        }
        svg.line(Self.left, bottom, Self.width - Self.right, bottom, "axis")
        svg.text(Self.width - Self.right, bottom + 38, unit == 60e9 ? "minutes" : "seconds", "small", anchor: "end")
        for (index, entry) in entries.enumerated() {
            draw(entry, keyAt: 14 + Double(index) * Self.rowHeight, time, latency, unit, &svg)
        }
        return svg
    }

    private func draw(
        _ entry: ReportModel.Entry, keyAt y: Double, _ time: Axis, _ latency: Axis, _ unit: Double, _ svg: inout SVG
    ) {
        let colour = entry.colour % ChartStyle.colours
        svg.line(Self.left, y, Self.left + 26, y, "l\(colour)")
        svg.line(Self.left + 34, y, Self.left + 60, y, "l\(colour) p99")
        svg.text(Self.left + 70, y + 4, "\(entry.label), run \(entry.run.summary.id): median and p99", "small")
        let windows = entry.run.windows.map(\.latency)
        func path(_ value: (LatencyWindow) -> Int64) -> String {
            windows.enumerated().map { index, window in
                let middle = time.position((Double(window.startNs) + Double(window.durationNs) / 2) / unit)
                let height = latency.position(Double(value(window)))
                return "\(index == 0 ? "M" : "L")\(SVG.number(middle)) \(SVG.number(height))"
            }.joined()
        }
        svg.path(path(\.p99), "l\(colour) p99")
        svg.path(path(\.p50), "l\(colour)")
        guard let throttling = entry.sustained?.throttling, throttling.startNs > 0 else { return }
        let x = time.position(Double(throttling.startNs) / unit)
        svg.line(x, latency.left, x, latency.right, "l\(colour) from")
    }
}
