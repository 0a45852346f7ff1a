import Glibc
import Statistics

/// Functions under their board's roofline, both axes logarithmic: right is more arithmetic a byte, up is faster.
struct RooflineChart {
    let title: String
    let table: ProfileTable

    private static let (width, height) = (860.0, 400.0)
    private static let (left, right, top, bottom) = (72.0, 24.0, 18.0, 48.0)

    /// Nil without peaks, without a function whose work is known, or of an emulated board.
    func draw() -> SVG? {
        guard let peaks = table.profile.peaks, table.profile.board?.emulated != true else { return nil }
        let points = table.lines.compactMap { line -> (line: ProfileTable.Line, x: Double, y: Double)? in
            guard let intensity = line.intensity, let rate = line.arithmeticPerSecond, intensity > 0 else { return nil }
            return (line, intensity, rate / 1e9)
        }
        guard !points.isEmpty else { return nil }
        let isInt8 = points.contains { $0.line.kind.hasPrefix("int8") }
        let roofs = [peaks.flopPerSecond, isInt8 ? peaks.int8PerSecond : nil].compactMap(\.self).map { $0 / 1e9 }
        let bandwidth = peaks.bytesPerSecond / 1e9
        let highest = roofs.max() ?? 1
        let ridge = highest / bandwidth
        let x = LogAxis(
            from: min(0.1, points.map(\.x).min() ?? 0.1), to: max(10 * ridge, points.map(\.x).max() ?? 1) * 1.5,
            left: Self.left, right: Self.width - Self.right)
        let y = LogAxis(
            from: (points.map(\.y).min() ?? 1) / 2, to: highest * 2, left: Self.height - Self.bottom, right: Self.top)
        var svg = SVG(
            width: Self.width, height: Self.height, title: "Roofline of \(title)",
            description: points.map { "\($0.line.kind): \(ProfileTable.number($0.y)) GFLOP/s" }.joined(separator: "; "))
        frame(x, y, &svg)
        for roof in roofs { drawRoof(roof, bandwidth, x, y, &svg) }
        var labels = LabelPlacer(obstacles: points.map { (x.position($0.x), y.position($0.y)) })
        for (index, point) in points.enumerated() {
            let (px, py) = (x.position(point.x), y.position(point.y))
            let note = "\(point.line.name), \(point.line.kind): \(ProfileTable.percent(point.line.share)) of the call"
            // Its area is its share of the call.
            svg.circle(
                px, py, 3 + 16 * point.line.share.squareRoot(), "b\(point.line.kind.hasPrefix("winograd") ? 0 : 1)",
                note: note)
            // The largest ones say who they are where there is room; the others do when pointed at.
            guard index < 6 else { continue }
            let place = labels.place(point.line.name, besideX: px, y: py, within: Self.left...(Self.width - Self.right))
            // Further away from its point a name would seem another's.
            guard abs(place.y - py) < 24 else { continue }
            svg.text(place.x, place.y, point.line.name, "label", anchor: place.isRight ? "start" : "end")
        }
        return svg
    }

    private func frame(_ x: LogAxis, _ y: LogAxis, _ svg: inout SVG) {
        for tick in y.ticks {
            svg.line(Self.left, y.position(tick), Self.width - Self.right, y.position(tick), "grid")
            svg.text(Self.left - 8, y.position(tick) + 4, ProfileTable.number(tick), "small", anchor: "end")
        }
        for tick in x.ticks {
            svg.text(
                x.position(tick), Self.height - Self.bottom + 20, ProfileTable.number(tick), "small", anchor: "middle")
        }
        svg.line(Self.left, Self.height - Self.bottom, Self.width - Self.right, Self.height - Self.bottom, "axis")
        svg.text(Self.width - Self.right, Self.height - 8, "operations a byte", "small", anchor: "end")
        svg.text(4, 12, "G operations/s", "small")
    }

    private func drawRoof(_ roof: Double, _ bandwidth: Double, _ x: LogAxis, _ y: LogAxis, _ svg: inout SVG) {
        let ridge = roof / bandwidth
        let start = max(x.from, y.from / bandwidth)
        svg.line(x.position(start), y.position(start * bandwidth), x.position(ridge), y.position(roof), "axis")
        svg.line(x.position(ridge), y.position(roof), x.position(x.to), y.position(roof), "axis")
        svg.text(
            Self.width - Self.right, y.position(roof) - 6, "\(ProfileTable.number(roof)) G/s", "small", anchor: "end")
    }
}

/// A logarithmic axis with ticks at powers of ten.
struct LogAxis {
    let from: Double
    let to: Double
    let left: Double
    let right: Double

    func position(_ value: Double) -> Double { left + log(value / from) / log(to / from) * (right - left) }

    var ticks: [Double] {
        stride(from: log10(from).rounded(.up), through: log10(to), by: 1).map { pow(10, $0) }
    }
}
