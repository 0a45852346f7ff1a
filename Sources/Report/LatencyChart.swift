import Statistics

/// Distributions of the timed samples: a row a run, with samples as dots, the middle half as a box, p90 and p99 as ticks.
struct LatencyChart {
    let entries: [ReportModel.Entry]

    private static let rowHeight = 64.0
    private static let left = 16.0
    private static let right = 24.0
    private static let width = 860.0
    private static let shownSamples = 400

    func draw() -> SVG {
        let height = Double(entries.count) * Self.rowHeight + 44
        var svg = SVG(
            width: Self.width, height: height, title: "Latency distributions",
            description: entries.map { "\($0.label): median \(Format.duration($0.median))" }.joined(
                separator: "; "))
        let axis = Axis(
            from: 0, to: Double(entries.compactMap { $0.spread?.p99 }.max() ?? 1) * 1.15, left: Self.left,
            right: Self.width - Self.right)
        for tick in axis.ticks {
            svg.line(axis.position(tick), 8, axis.position(tick), height - 30, "grid")
            svg.text(axis.position(tick), height - 12, Format.duration(tick), "small", anchor: "middle")
        }
        for (index, entry) in entries.enumerated() {
            draw(entry, top: 8 + Double(index) * Self.rowHeight, axis, &svg)
        }
        return svg
    }

    private func draw(_ entry: ReportModel.Entry, top: Double, _ axis: Axis, _ svg: inout SVG) {
        guard let compute = entry.spread, let median = entry.median else { return }
        let samples = entry.allSamples
        let faded = entry.isRanked ? "" : " unranked"
        let colour = entry.colour % ChartStyle.colours
        let sorted = samples.sorted()
        let (centre, half) = (top + 41, 10.0)
        svg.text(Self.left, top + 16, entry.label + (entry.run.summary.emulated ? " (emulated)" : ""), "strong\(faded)")
        let said =
            "median \(Format.duration(median)) · p90 \(Format.duration(Double(compute.p90))) · p99 \(Format.duration(Double(compute.p99))) · \(compute.count) samples"
        svg.text(Self.width - Self.right, top + 16, said, "small\(faded)", anchor: "end")
        svg.line(
            axis.position(Double(sorted[0])), centre, axis.position(Double(compute.p99)), centre, "whisker\(faded)")
        if let low = Percentiles.value(sorted: sorted, 0.25), let high = Percentiles.value(sorted: sorted, 0.75) {
            let (from, to) = (axis.position(Double(low)), axis.position(Double(high)))
            svg.rectangle(from, centre - half, max(1, to - from), 2 * half, "b\(colour)\(faded)")
        }
        // Every k-th in the order they were taken, spread by a fixed pattern: not random, so equal data give equal files.
        let step = max(1, samples.count / Self.shownSamples)
        for (number, sample) in stride(from: 0, to: samples.count, by: step).enumerated() {
            let value = Double(samples[sample])
            guard value <= axis.to else { continue }
            let spread = (Double(number) * 0.618_034).truncatingRemainder(dividingBy: 1) - 0.5
            svg.circle(axis.position(value), centre + spread * 17, 1.3, "f\(colour)\(faded)")
        }
        svg.line(
            axis.position(median), centre - half - 2, axis.position(median), centre + half + 2,
            "median\(faded)")
        for tail in [compute.p90, compute.p99] {
            svg.line(axis.position(Double(tail)), centre - 6, axis.position(Double(tail)), centre + 6, "tail\(faded)")
        }
    }
}

/// A linear axis with round ticks.
struct Axis {
    let from: Double
    let to: Double
    let left: Double
    let right: Double

    func position(_ value: Double) -> Double { left + (value - from) / (to - from) * (right - left) }

    /// About six values that are 1, 2 or 5 times a power of ten apart.
    var ticks: [Double] {
        let rough = (to - from) / 6
        guard rough > 0, rough.isFinite else { return [] }
        var power = 1.0
        while power * 10 <= rough { power *= 10 }
        while power > rough { power /= 10 }
        let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? power
        let first = (from / step).rounded(.up)
        return stride(from: first * step, through: to, by: step).map { ($0 / step).rounded() * step }
    }
}
