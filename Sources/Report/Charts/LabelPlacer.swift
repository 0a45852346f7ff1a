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
