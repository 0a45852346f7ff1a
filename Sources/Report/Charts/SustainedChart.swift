import Results
import Statistics
import Text

/// Latency over time, a line a run: the median of each window, and thin and dashed its p99.
struct SustainedChart {
    let entries: [ReportModel.Entry]

    private static let plotHeight = 220.0
    private static let rowHeight = 20.0

    func draw() -> SVG {
        let top = 12 + Double(entries.count) * Self.rowHeight
        let height = top + Self.plotHeight + 48
        var svg = SVG(
            width: ChartFrame.width, height: height, title: "Latency over time",
            description: entries.map(Self.label).joined(separator: "; "))
        let windows = entries.flatMap(\.run.windows).map(\.latency)
        let end = windows.map { $0.startNs + $0.durationNs }.max() ?? 1
        // Whole units on the axis: minutes of long runs.
        let unit = end >= 120_000_000_000 ? 60e9 : 1e9
        let (low, high) = (Double(windows.map(\.p50).min() ?? 0), Double(windows.map(\.p99).max() ?? 1))
        let margin = max((high - low) * 0.06, high * 0.02)
        let frame = ChartFrame(
            height: height, top: top,
            .init(
                from: 0, to: Double(end) / unit, title: unit == 60e9 ? "minutes" : "seconds", label: Format.digits),
            .init(from: max(0, low - margin), to: high + margin, label: Format.duration))
        frame.draw(into: &svg)
        for (index, entry) in entries.enumerated() {
            draw(entry, keyAt: 14 + Double(index) * Self.rowHeight, frame, unit, &svg)
        }
        return svg
    }

    private static func label(_ entry: ReportModel.Entry) -> String { "\(entry.label), run \(entry.id)" }

    private func draw(
        _ entry: ReportModel.Entry, keyAt y: Double, _ frame: ChartFrame, _ unit: Double, _ svg: inout SVG
    ) {
        let style = "l \(SVG.colour(entry.colour))"
        svg.line(frame.left, y, frame.left + 26, y, style)
        svg.line(frame.left + 34, y, frame.left + 60, y, "\(style) p99")
        svg.text(frame.left + 70, y + 4, "\(Self.label(entry)): median and p99", "small")
        func path(_ value: (LatencyWindow) -> Int64) -> String {
            entry.run.windows.map(\.latency).enumerated().map { index, window in
                let middle = frame.x.position((Double(window.startNs) + Double(window.durationNs) / 2) / unit)
                let height = frame.y.position(Double(value(window)))
                return "\(index == 0 ? "M" : "L")\(SVG.number(middle)) \(SVG.number(height))"
            }.joined()
        }
        svg.path(path(\.p99), "\(style) p99")
        svg.path(path(\.p50), style)
        // A run that always was slow has no moment from which on it was.
        guard let start = entry.sustained?.throttling?.startNs, start != 0 else { return }
        let x = frame.x.position(Double(start) / unit)
        svg.line(x, frame.bottom, x, frame.top, "\(style) from")
    }
}
