/// Whether one sample tends to lie above another: the test of Mann and Whitney 1947.
public struct RankTest: Hashable, Sendable {
    /// U of the first sample: how many pairs it wins, a tie counting one half.
    public var u: Double
    /// Two-sided.
    public var pValue: Double
    /// Whether the p-value was counted out, and not approximated by a normal distribution.
    public var isExact: Bool
    /// The share of pairs in which the first sample's value is the greater, a tie counting one half: the effect's size
    /// (Vargha and Delaney 2000).
    public var superiority: Double

    /// Compares two samples; nil if one is empty.
    ///
    /// Without ties, and with at most eight values on one side, the p-value is exact (as SciPy decides it, up to 2000 pairs). Else it
    /// is that of the normal approximation, with the correction for ties (Hollander and Wolfe 1999, 4.1) and for continuity.
    public init?(_ first: [Int64], _ second: [Int64]) {
        guard !first.isEmpty, !second.isEmpty else { return nil }
        let ranking = Ranking(first + second)
        let (m, n) = (Double(first.count), Double(second.count))
        let (pairs, all) = (m * n, m + n)
        u = ranking.ranks[..<first.count].reduce(0, +) - m * (m + 1) / 2
        superiority = u / pairs
        isExact = !ranking.hasTies && min(m, n) <= 8 && pairs <= 2000
        let more = max(u, pairs - u)
        if isExact {
            let counts = Self.counts(first.count, second.count)
            let beyond = counts[Int(more)...].reduce(0, +) / counts.reduce(0, +)
            pValue = min(1, 2 * beyond)
        } else {
            let variance = pairs / 12 * (all + 1 - ranking.tieTerm / (all * (all - 1)))
            // All values equal: no order to be seen.
            pValue = variance > 0 ? min(1, 2 * Normal.survival((more - pairs / 2 - 0.5) / variance.squareRoot())) : 1
        }
    }

    /// In how many orders of m and n different values U is 0, 1, … m·n; Mann and Whitney's recurrence.
    private static func counts(_ m: Int, _ n: Int) -> [Double] {
        // Of i values against as many of the other side as have been added.
        var counts = [[Double]](repeating: [1] + [Double](repeating: 0, count: m * n), count: m + 1)
        for other in 1...n {
            for own in 1...m {
                for wins in stride(from: own * other, through: other, by: -1) {
                    // The greatest value is one of ours, and wins against all `other`, or it is one of theirs.
                    counts[own][wins] += counts[own - 1][wins - other]
                }
            }
        }
        return counts[m]
    }
}

/// Values by their place in order, ties sharing the mean of theirs.
struct Ranking {
    /// From 1, in the order of the values.
    var ranks: [Double]
    /// Σ(t³ − t) over the groups of t equal values.
    var tieTerm: Double
    var hasTies: Bool { tieTerm > 0 }

    init(_ values: [Int64]) {
        ranks = [Double](repeating: 0, count: values.count)
        tieTerm = 0
        let order = values.indices.sorted { values[$0] < values[$1] }
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
            for place in start..<end { ranks[order[place]] = Double(start + 1 + end) / 2 }
            let size = Double(end - start)
            tieTerm += size * size * size - size
            start = end
        }
    }
}
