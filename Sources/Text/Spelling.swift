/// Finds what a mistyped word was probably meant to be.
public enum Spelling {
    /// The candidate nearest to `word` within a third of its length (at least 2 edits), or nil.
    public static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        let limit = max(2, word.count / 3)
        return candidates.map { (distance(word.lowercased(), $0.lowercased()), $0) }
            .filter { $0.0 <= limit }
            .min { ($0.0, $0.1) < ($1.0, $1.1) }?.1
    }

    /// Edits (insert, delete, replace, swap of neighbours) between two words: the optimal string alignment distance.
    public static func distance(_ first: String, _ second: String) -> Int {
        let (left, right) = (Array(first), Array(second))
        var before: [Int] = []
        var previous = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let replaced = previous[column] + (left[row] == right[column] ? 0 : 1)
                var best = min(replaced, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, before[column - 1] + 1)
                }
                current.append(best)
            }
            before = previous
            previous = current
        }
        return previous[right.count]
    }
}
