import Text

/// Functions under their board's roofline, both axes logarithmic: right is more arithmetic per byte, up is faster.
struct RooflineChart {
    let title: String
    /// Functions whose work is known, at least one; a point's area is its share of the call.
    let points: [(line: ProfileAnalysis.Line, work: ProfileAnalysis.Work)]
    /// Operations per second that the board can do at most, of each data type in use.
    let roofs: [Double]
    let bytesPerSecond: Double

    private static let height = 400.0
    /// So many functions say who they are, where there is room; the others do when pointed at.
    private static let named = 6
    /// Further away from its point a name would seem to be another's.
    private static let reach = 24.0

    func draw() -> SVG {
        var svg = SVG(
            width: ChartFrame.width, height: Self.height, title: "Roofline of \(title)",
            description: points.map { "\($0.line.kind): \(Self.giga($0.work.rate)) GFLOP/s" }.joined(separator: "; "))
        let highest = roofs.max() ?? 1
        let ridge = highest / bytesPerSecond
        let (intensities, rates) = (points.map(\.work.intensity), points.map(\.work.rate))
        let frame = ChartFrame(
            height: Self.height,
            .init(
                from: min(0.1, intensities.min() ?? 0.1), to: max(10 * ridge, intensities.max() ?? 1) * 1.5,
                isLogarithmic: true, title: "operations/byte", label: Format.digits),
            .init(
                from: (rates.min() ?? 1) / 2, to: highest * 2, isLogarithmic: true, title: "G operations/s",
                label: Self.giga))
        frame.draw(into: &svg)
        for roof in roofs { draw(roof, frame, &svg) }
        var labels = LabelPlacer(
            obstacles: points.map { (frame.x.position($0.work.intensity), frame.y.position($0.work.rate)) })
        for (index, (line, work)) in points.enumerated() {
            let (x, y) = (frame.x.position(work.intensity), frame.y.position(work.rate))
            svg.circle(
                x, y, 3 + 16 * line.share.squareRoot(), "b \(SVG.colour(work.savesArithmetic ? 0 : 1))",
                note: "\(line.name), \(line.kind): \(Format.share(line.share)) of the call")
            guard index < Self.named else { continue }
            let place = labels.place(line.name, besideX: x, y: y, within: frame.left...frame.right)
            guard abs(place.y - y) < Self.reach else { continue }
            svg.text(place.x, place.y, line.name, "label", anchor: place.isRight ? "start" : "end")
        }
        return svg
    }

    private func draw(_ roof: Double, _ frame: ChartFrame, _ svg: inout SVG) {
        let (x, y) = (frame.x, frame.y)
        let ridge = x.position(roof / bytesPerSecond)
        let start = max(x.from, y.from / bytesPerSecond)
        svg.line(x.position(start), y.position(start * bytesPerSecond), ridge, y.position(roof), "axis")
        svg.line(ridge, y.position(roof), x.position(x.to), y.position(roof), "axis")
        svg.text(frame.right, y.position(roof) - 6, "\(Self.giga(roof)) G/s", "small", anchor: "end")
    }

    private static func giga(_ perSecond: Double) -> String { Format.digits(perSecond / 1e9) }
}
