import Statistics
import Text

/// Dice against latency: up is more accurate, left is faster.
struct DiceChart {
    typealias Point = (entry: ReportModel.Entry, medianNs: Double, dice: DiceSummary)

    let points: [Point]

    private static let height = 380.0

    func draw() -> SVG {
        var svg = SVG(
            width: ChartFrame.width, height: Self.height, title: "Dice against latency",
            description: points.map {
                "\($0.entry.label): Dice \(Format.dice($0.dice.patientMean)) at \(Format.duration($0.medianNs))"
            }
            .joined(separator: "; "))
        let gates = Set(points.compactMap(\.entry.gateResult.gate)).sorted()
        let values = points.map(\.dice.patientMean) + gates + points.map(\.dice.patientInterval.lower)
        let (low, high) = (values.min() ?? 0, min(1, values.max() ?? 1))
        let margin = max(0.004, (high - low) * 0.18)
        let frame = ChartFrame(
            height: Self.height, left: 64,
            .init(
                from: 0, to: (points.map(\.medianNs).max() ?? 1) * 1.25, title: "median latency (compute)",
                label: Format.duration),
            .init(from: max(0, low - margin), to: min(1, high + margin), title: "Dice") { Format.fixed($0, 3) })
        frame.draw(into: &svg)
        for gate in gates {
            svg.line(frame.left, frame.y.position(gate), frame.right, frame.y.position(gate), "gate")
            svg.text(frame.left + 6, frame.y.position(gate) - 6, "gate \(Format.dice(gate))", "small")
        }
        var labels = LabelPlacer(
            obstacles: points.map { (frame.x.position($0.medianNs), frame.y.position($0.dice.patientMean)) })
        for point in points { draw(point, frame, &labels, &svg) }
        return svg
    }

    private func draw(_ point: Point, _ frame: ChartFrame, _ labels: inout LabelPlacer, _ svg: inout SVG) {
        let (label, dice, interval) = (point.entry.label, point.dice.patientMean, point.dice.patientInterval)
        let faded = point.entry.isRanked ? "" : " unranked"
        let (x, y) = (frame.x.position(point.medianNs), frame.y.position(dice))
        let ends = [min(interval.upper, frame.y.to), max(interval.lower, frame.y.from)]
        svg.line(x, frame.y.position(ends[0]), x, frame.y.position(ends[1]), "whisker\(faded)")
        let note = "\(label): Dice \(Format.dice(dice)), median \(Format.duration(point.medianNs))"
        svg.circle(x, y, 6, "f \(SVG.colour(point.entry.colour))\(faded)", note: note)
        let place = labels.place(label, besideX: x, y: y, within: frame.left...frame.right)
        svg.text(place.x, place.y, label, "label\(faded)", anchor: place.isRight ? "start" : "end")
    }
}
