import Results
import Statistics
import Text

/// Distributions of the timed samples: a row a run, with samples as dots, the middle half as a box, p90 and p99 as ticks.
struct LatencyChart {
    typealias Row = (entry: ReportModel.Entry, summary: LatencySummary, median: Double)

    let rows: [Row]

    private static let rowHeight = 64.0
    private static let shownSamples = 400

    func draw() -> SVG {
        let height = Double(rows.count) * Self.rowHeight + 44
        var svg = SVG(
            width: ChartFrame.width, height: height, title: "Latency distributions",
            description: rows.map { "\(Self.label($0.entry)): median \(Format.duration($0.median))" }.joined(
                separator: "; "))
        let longest = Double(rows.map(\.summary.p99).max() ?? 1)
        let frame = ChartFrame(
            height: height, left: 16, top: 8, .init(from: 0, to: longest * 1.15, label: Format.duration), nil)
        frame.draw(into: &svg)
        for (index, row) in rows.enumerated() {
            draw(row, top: frame.top + Double(index) * Self.rowHeight, frame, &svg)
        }
        return svg
    }

    private static func label(_ entry: ReportModel.Entry) -> String {
        entry.label + (entry.isEmulated ? " (emulated)" : "")
    }

    private func draw(_ row: Row, top: Double, _ frame: ChartFrame, _ svg: inout SVG) {
        let (axis, summary) = (frame.x, row.summary)
        let faded = row.entry.isRanked ? "" : " unranked"
        let colour = SVG.colour(row.entry.colour) + faded
        let samples = row.entry.allSamples
        let sorted = samples.sorted()
        let (centre, half) = (top + 41, 10.0)
        svg.text(frame.left, top + 16, Self.label(row.entry), "strong\(faded)")
        let text =
            "median \(Format.duration(row.median)) · p90 \(Format.duration(summary.p90)) · p99 \(Format.duration(summary.p99)) · \(summary.count) samples"
        svg.text(frame.right, top + 16, text, "small\(faded)", anchor: "end")
        svg.line(
            axis.position(Double(sorted[0])), centre, axis.position(Double(summary.p99)), centre, "whisker\(faded)")
        if let low = Percentiles.value(sorted: sorted, 0.25), let high = Percentiles.value(sorted: sorted, 0.75) {
            let (from, to) = (axis.position(Double(low)), axis.position(Double(high)))
            svg.rectangle(from, centre - half, max(1, to - from), 2 * half, "b \(colour)")
        }
        // Every k-th in the order they were taken, spread by a fixed pattern: not random, so equal data give equal files.
        let step = max(1, samples.count / Self.shownSamples)
        for (number, sample) in stride(from: 0, to: samples.count, by: step).enumerated() {
            let value = Double(samples[sample])
            guard value <= axis.to else { continue }
            let spread = (Double(number) * 0.618_034).truncatingRemainder(dividingBy: 1) - 0.5
            svg.circle(axis.position(value), centre + spread * 17, 1.3, "f \(colour)")
        }
        let median = axis.position(row.median)
        svg.line(median, centre - half - 2, median, centre + half + 2, "median\(faded)")
        for tail in [summary.p90, summary.p99].map({ axis.position(Double($0)) }) {
            svg.line(tail, centre - 6, tail, centre + 6, "tail\(faded)")
        }
    }
}
