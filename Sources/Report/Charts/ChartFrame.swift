import Glibc

/// Places values between two ends of a chart, on a linear or a logarithmic scale.
struct Axis {
    /// The values at the two ends.
    let from: Double
    let to: Double
    /// The coordinates of those ends.
    let start: Double
    let end: Double
    var isLogarithmic = false

    func position(_ value: Double) -> Double {
        let share = isLogarithmic ? log(value / from) / log(to / from) : (value - from) / (to - from)
        return start + share * (end - start)
    }

    /// Powers of ten, or about six values that are 1, 2 or 5 times a power of ten apart.
    var ticks: [Double] {
        if isLogarithmic {
            return stride(from: log10(from).rounded(.up), through: log10(to), by: 1).map { pow(10, $0) }
        }
        let rough = (to - from) / 6
        guard rough > 0, rough.isFinite else { return [] }
        let power = pow(10, log10(rough).rounded(.down))
        let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? power
        return stride(from: (from / step).rounded(.up) * step, through: to, by: step).map {
            ($0 / step).rounded() * step
        }
    }
}

/// What all charts have around their data: axes, a grid, ticks with labels.
struct ChartFrame {
    struct Scale {
        var from: Double
        var to: Double
        var isLogarithmic = false
        /// What is measured; empty where the caption says it.
        var title = ""
        /// A tick's value as text.
        var label: (Double) -> String
    }

    /// All charts are as wide.
    static let width = 860.0
    private static let below = 48.0

    let x: Axis
    let y: Axis
    let left: Double
    let right = width - 24
    let top: Double
    let bottom: Double
    private let horizontal: Scale
    private let vertical: Scale?

    /// A frame of a chart of this height; without a vertical scale the grid stands upright, and rows need no axis.
    init(height: Double, left: Double = 70, top: Double = 18, _ horizontal: Scale, _ vertical: Scale?) {
        (self.left, self.top, self.horizontal, self.vertical) = (left, top, horizontal, vertical)
        bottom = height - (vertical == nil ? 32 : Self.below)
        x = Axis(
            from: horizontal.from, to: horizontal.to, start: left, end: right, isLogarithmic: horizontal.isLogarithmic)
        y = Axis(
            from: vertical?.from ?? 0, to: vertical?.to ?? 1, start: bottom, end: top,
            isLogarithmic: vertical?.isLogarithmic ?? false)
    }

    /// Draws it into `svg`, under all that follows.
    func draw(into svg: inout SVG) {
        for tick in x.ticks {
            if vertical == nil { svg.line(x.position(tick), top, x.position(tick), bottom, "grid") }
            svg.text(x.position(tick), bottom + 20, horizontal.label(tick), "small", anchor: "middle")
        }
        guard let vertical else { return }
        for tick in y.ticks {
            svg.line(left, y.position(tick), right, y.position(tick), "grid")
            svg.text(left - 8, y.position(tick) + 4, vertical.label(tick), "small", anchor: "end")
        }
        svg.line(left, bottom, right, bottom, "axis")
        svg.text(right, bottom + 40, horizontal.title, "small", anchor: "end")
        if !vertical.title.isEmpty { svg.text(4, 12, vertical.title, "small") }
    }
}
