/// The border of a mask, as an SVG path along the edges of its pixels.
enum Outline {
    private struct Corner: Hashable {
        var x: Int
        var y: Int
    }

    /// Closed loops around every component and hole of `mask` (0 is background), one unit a pixel.
    static func path(_ mask: [UInt8], width: Int, height: Int) -> String {
        func isInside(_ x: Int, _ y: Int) -> Bool {
            x >= 0 && y >= 0 && x < width && y < height && mask[y * width + x] != 0
        }
        // Every edge between inside and outside, directed so that the inside is on its right.
        var next: [Corner: [Corner]] = [:]
        for y in 0..<height {
            for x in 0..<width where isInside(x, y) {
                if !isInside(x, y - 1) { next[Corner(x: x, y: y), default: []].append(Corner(x: x + 1, y: y)) }
                if !isInside(x + 1, y) { next[Corner(x: x + 1, y: y), default: []].append(Corner(x: x + 1, y: y + 1)) }
                if !isInside(x, y + 1) { next[Corner(x: x + 1, y: y + 1), default: []].append(Corner(x: x, y: y + 1)) }
                if !isInside(x - 1, y) { next[Corner(x: x, y: y + 1), default: []].append(Corner(x: x, y: y)) }
            }
        }
        var path = ""
        for start in next.keys.sorted(by: { ($0.y, $0.x) < ($1.y, $1.x) }) {
            while let first = next[start]?.popLast() {
                path += loop(from: start, through: first, &next)
            }
        }
        return path
    }

    /// Follows edges back to `start`, writing a command only where the direction changes.
    private static func loop(from start: Corner, through first: Corner, _ next: inout [Corner: [Corner]]) -> String {
        var text = "M\(start.x) \(start.y)"
        var (previous, current) = (start, first)
        while current != start {
            guard let following = next[current]?.popLast() else { break }
            let isStraight = (current.x == previous.x) == (following.x == current.x)
            if !isStraight { text += current.x == previous.x ? "V\(current.y)" : "H\(current.x)" }
            (previous, current) = (current, following)
        }
        return text + (current.x == previous.x ? "V\(current.y)" : "H\(current.x)") + "Z"
    }
}
