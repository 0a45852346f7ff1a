/// Whether a trace goes up or down as time goes by: the test of Mann 1945 and Kendall 1975.
///
/// A board that gets warm gets slower; its median then depends on how long one measured.
public struct Trend: Hashable, Sendable {
    /// How many pairs go up, less how many go down.
    public var s: Int
    /// Kendall's τ-b, -1...1: `s` over what it would be without exception.
    public var tau: Double
    /// Two-sided, by the normal approximation with the correction for ties and for continuity; independent values are assumed.
    public var pValue: Double
    /// The median of the last quarter over that of the first: the trend's size.
    public var change: Double

    /// What the trace `values` does over time; nil for fewer than four values, or if the first quarter's median is zero.
    public init?(_ values: [Int64]) {
        let quarter = values.count / 4
        guard quarter > 0, let first = Percentiles.median(sorted: values.prefix(quarter).sorted()), first != 0,
            let last = Percentiles.median(sorted: values.suffix(quarter).sorted())
        else { return nil }
        change = last / first
        var (sorted, scratch) = (values, values)
        let down = Self.sortCountingDescents(&sorted, &scratch, 0..<values.count)
        let pairs = values.count * (values.count - 1) / 2
        var equal = 0
        var tieTerm = 0.0
        var start = 0
        while start < sorted.count {
            var end = start + 1
            while end < sorted.count, sorted[end] == sorted[start] { end += 1 }
            let size = end - start
            equal += size * (size - 1) / 2
            tieTerm += Double(size) * Double(size - 1) * Double(2 * size + 5)
            start = end
        }
        s = pairs - equal - 2 * down
        guard pairs > equal else {
            (tau, pValue) = (0, 1)
            return
        }
        tau = Double(s) / (Double(pairs) * Double(pairs - equal)).squareRoot()
        let count = Double(values.count)
        let variance = (count * (count - 1) * (2 * count + 5) - tieTerm) / 18
        pValue = s == 0 ? 1 : Normal.twoSided((Double(abs(s)) - 1) / variance.squareRoot())
    }

    /// Sorts a range and returns how many of its pairs stood in descending order (Knight 1966).
    private static func sortCountingDescents(_ values: inout [Int64], _ scratch: inout [Int64], _ range: Range<Int>)
        -> Int
    {
        guard range.count > 1 else { return 0 }
        let middle = range.lowerBound + range.count / 2
        var descents =
            sortCountingDescents(&values, &scratch, range.lowerBound..<middle)
            + sortCountingDescents(&values, &scratch, middle..<range.upperBound)
        var (left, right) = (range.lowerBound, middle)
        for place in range {
            if right == range.upperBound || (left < middle && values[left] <= values[right]) {
                scratch[place] = values[left]
                left += 1
            } else {
                descents += middle - left
                scratch[place] = values[right]
                right += 1
            }
        }
        for place in range { values[place] = scratch[place] }
        return descents
    }
}
