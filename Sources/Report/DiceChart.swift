import Statistics

/// Dice against latency: up is more accurate, left is faster.
struct DiceChart {
    let entries: [ReportModel.Entry]

    private static let (width, height) = (860.0, 380.0)
    private static let (left, right, top, bottom) = (64.0, 24.0, 18.0, 48.0)

    func draw() -> SVG {
        let points = entries.compactMap { entry -> (entry: ReportModel.Entry, x: Double, y: Double)? in
            guard let median = entry.median, let dice = entry.dice else { return nil }
            return (entry, median, dice.patientMean)
        }
        var svg = SVG(
            width: Self.width, height: Self.height, title: "Dice against latency",
            description: points.map { "\($0.entry.label): Dice \(Format.dice($0.y)) at \(Format.duration($0.x))" }
                .joined(separator: "; "))
        let gates = Set(points.compactMap { $0.entry.verdict.gate })
        let lowerEnds: [Double] = points.map { $0.entry.dice?.patientInterval.lower ?? $0.y }
        let values: [Double] = points.map(\.y) + Array(gates) + lowerEnds
        let (low, high) = (values.min() ?? 0, min(1, values.max() ?? 1))
        let margin = max(0.004, (high - low) * 0.18)
        let x = Axis(from: 0, to: (points.map(\.x).max() ?? 1) * 1.25, left: Self.left, right: Self.width - Self.right)
        let y = Axis(
            from: max(0, low - margin), to: min(1, high + margin), left: Self.height - Self.bottom, right: Self.top)
        frame(x, y, &svg)
        for gate in gates.sorted() {
            svg.line(Self.left, y.position(gate), Self.width - Self.right, y.position(gate), "gate")
            svg.text(Self.left + 6, y.position(gate) - 6, "gate \(Format.dice(gate))", "small")
        }
        var labels = LabelPlacer(obstacles: points.map { (x.position($0.x), y.position($0.y)) })
        for point in points { draw(point.entry, point.x, point.y, x, y, &labels, &svg) }
        return svg
    }

    private func frame(_ x: Axis, _ y: Axis, _ svg: inout SVG) {
        for tick in y.ticks {
            svg.line(Self.left, y.position(tick), Self.width - Self.right, y.position(tick), "grid")
            svg.text(Self.left - 8, y.position(tick) + 4, Format.fixed(tick, 3), "small", anchor: "end")
        }
        for tick in x.ticks {
            svg.text(
                x.position(tick), Self.height - Self.bottom + 20, Format.duration(tick), "small", anchor: "middle")
        }
        svg.line(Self.left, Self.height - Self.bottom, Self.width - Self.right, Self.height - Self.bottom, "axis")
        svg.text(Self.width - Self.right, Self.height - 8, "median latency (compute)", "small", anchor: "end")
        svg.text(4, 12, "Dice", "small")
    }

    private func draw(
        _ entry: ReportModel.Entry, _ ns: Double, _ dice: Double, _ x: Axis, _ y: Axis,
        _ labels: inout LabelPlacer, _ svg: inout SVG
    ) {
        let faded = entry.isRanked ? "" : " unranked"
        let (px, py) = (x.position(ns), y.position(dice))
        if let interval = entry.dice?.patientInterval {
            let (top, bottom) = (y.position(min(interval.upper, y.to)), y.position(max(interval.lower, y.from)))
            svg.line(px, top, px, bottom, "whisker\(faded)")
        }
        let note = "\(entry.label): Dice \(Format.dice(dice)), median \(Format.duration(ns))"
        svg.circle(px, py, 6, "f\(entry.colour % ChartStyle.colours)\(faded)", note: note)
        let place = labels.place(entry.label, besideX: px, y: py, within: Self.left...(Self.width - Self.right))
        svg.text(place.x, place.y, entry.label, "label\(faded)", anchor: place.isRight ? "start" : "end")
    }
}

/// Puts labels beside points so that they cover neither each other nor another point.
struct LabelPlacer {
    private struct Box {
        var left: Double
        var right: Double
        var top: Double
        var bottom: Double

        func overlaps(_ other: Box) -> Bool {
            left < other.right && other.left < right && top < other.bottom && other.top < bottom
        }
    }

    /// Of the charts' font, on average.
    private static let characterWidth = 7.2
    private static let lineHeight = 16.0
    private var taken: [Box]

    /// Labels will stay clear of the points at `obstacles`.
    init(obstacles: [(x: Double, y: Double)]) {
        taken = obstacles.map { Box(left: $0.x - 7, right: $0.x + 7, top: $0.y - 7, bottom: $0.y + 7) }
    }

    /// Where to write `text`: right of the point if there is room, else left of it, else further down.
    mutating func place(
        _ text: String, besideX x: Double, y: Double, within range: ClosedRange<Double>
    ) -> (x: Double, y: Double, isRight: Bool) {
        let width = Double(text.count) * Self.characterWidth
        var row = 0.0
        while true {
            for isRight in [true, false] {
                let left = isRight ? x + 12 : x - 12 - width
                let top = y - Self.lineHeight / 2 + row * Self.lineHeight
                let box = Box(left: left, right: left + width, top: top, bottom: top + Self.lineHeight)
                let isInside = range.contains(box.left) && range.contains(box.right)
                if isInside || row > 8, !taken.contains(where: { $0.overlaps(box) }) || row > 8 {
                    taken.append(box)
                    return (isRight ? x + 12 : x - 12, top + Self.lineHeight * 0.75, isRight)
                }
            }
            row += 1
        }
    }
}
