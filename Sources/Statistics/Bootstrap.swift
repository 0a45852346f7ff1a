/// A confidence interval.
public struct Interval: Hashable, Sendable {
    /// Its lower end, in the unit of what is estimated.
    public var lower: Double
    /// Its upper end.
    public var upper: Double

    /// The interval from `lower` to `upper`, both included.
    public init(lower: Double, upper: Double) { (self.lower, self.upper) = (lower, upper) }

    /// Whether it is wider as a ratio; all ends are above zero.
    func isWider(than other: Interval) -> Bool { upper * other.lower > other.upper * lower }
}

/// Percentile bootstrap with a fixed seed, after Efron 1979.
public enum Bootstrap {
    /// The 95% interval of the median of `sorted`, which must not be empty.
    ///
    /// A resample's median is an order statistic of the original, so drawing ranks suffices and values are only looked up.
    public static func medianInterval(sorted: [Int64], seed: UInt64, resamples: Int = 1000) -> Interval {
        var generator = SplitMix64(seed: seed)
        return percentileInterval(medians(sorted: sorted, resamples: resamples, using: &generator))
    }

    /// The medians of `resamples` samples drawn from `sorted` with replacement, each as large as `sorted`.
    static func medians(sorted: [Int64], resamples: Int, using generator: inout SplitMix64) -> [Double] {
        if sorted.count > longestDrawn { return medians(ofMany: sorted, resamples: resamples, using: &generator) }
        var counts = [Int32](repeating: 0, count: sorted.count)
        return statistics(of: sorted.count, resamples: resamples, using: &generator) { ranks in
            for rank in ranks { counts[rank] += 1 }
            defer { for rank in ranks { counts[rank] = 0 } }
            return median(of: sorted, counts: counts)
        }
    }

    /// The 95% interval of the ratio of two medians, `numerator`'s over `denominator`'s; both sorted, neither empty.
    ///
    /// Both are resampled independently for each ratio: consecutive runs are not assumed to share anything.
    public static func medianRatioInterval(
        numerator: [Int64], denominator: [Int64], seed: UInt64, resamples: Int = 1000
    ) -> Interval {
        var generator = SplitMix64(seed: seed)
        let above = medians(sorted: numerator, resamples: resamples, using: &generator)
        let below = medians(sorted: denominator, resamples: resamples, using: &generator)
        return percentileInterval(zip(above, below).map { $0 / $1 })
    }

    /// The median of a multiset with `counts[i]` copies of `sorted[i]`, `sorted.count` values in all.
    private static func median(of sorted: [Int64], counts: [Int32]) -> Double {
        let (lower, upper) = ((sorted.count - 1) / 2, sorted.count / 2)
        var passed = 0
        var lowerValue: Int64?
        for rank in sorted.indices {
            passed += Int(counts[rank])
            if lowerValue == nil, passed > lower { lowerValue = sorted[rank] }
            if let lowerValue, passed > upper { return (Double(lowerValue) + Double(sorted[rank])) / 2 }
        }
        preconditionFailure("counts do not add up to the number of values")
    }

    /// The 95% interval of the mean of `values`, which must not be empty: for Dice, values are patients.
    public static func meanInterval(_ values: [Double], seed: UInt64, resamples: Int = 10_000) -> Interval {
        var generator = SplitMix64(seed: seed)
        return percentileInterval(
            statistics(of: values.count, resamples: resamples, using: &generator) { indices in
                indices.reduce(0) { $0 + values[$1] } / Double(indices.count)
            })
    }

    /// `statistic` of `resamples` draws of `count` indices below `count`, with replacement.
    static func statistics(
        of count: Int, resamples: Int, using generator: inout SplitMix64, statistic: ([Int]) -> Double
    ) -> [Double] {
        var indices = [Int](repeating: 0, count: count)
        var statistics: [Double] = []
        statistics.reserveCapacity(resamples)
        for _ in 0..<resamples {
            for position in indices.indices { indices[position] = generator.index(below: count) }
            statistics.append(statistic(indices))
        }
        return statistics
    }

    /// The middle 95% of resampled statistics, or all but `outside` of them.
    static func percentileInterval(_ statistics: [Double], outside: Double = 0.05) -> Interval {
        let sorted = statistics.sorted()
        return Interval(
            lower: sorted[Int(outside / 2 * Double(sorted.count - 1))],
            upper: sorted[Int(((1 - outside / 2) * Double(sorted.count - 1)).rounded(.up))])
    }
}
