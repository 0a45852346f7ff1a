/// A range that should hold the true value.
public struct Interval: Hashable, Sendable {
    public var lower: Double
    public var upper: Double

    public init(lower: Double, upper: Double) {
        self.lower = lower
        self.upper = upper
    }
}

/// Percentile bootstrap with a fixed seed, after Efron 1979.
public enum Bootstrap {
    /// The 95% interval of the median of `sorted`, which must not be empty.
    ///
    /// A resample's median is an order statistic of the original, so drawing ranks suffices and values are only looked up.
    public static func medianInterval(sorted: [Int64], seed: UInt64, resamples: Int = 1000) -> Interval {
        var counts = [Int32](repeating: 0, count: sorted.count)
        return interval(of: sorted.count, seed: seed, resamples: resamples) { ranks in
            for rank in ranks { counts[rank] += 1 }
            defer { for rank in ranks { counts[rank] = 0 } }
            return median(of: sorted, counts: counts)
        }
    }

    /// The 95% interval of the ratio of two medians, `numerator`'s over `denominator`'s; both sorted, neither empty.
    ///
    /// Both are drawn anew for each ratio, independently: what two runs one after the other have in common is not assumed.
    public static func medianRatioInterval(
        numerator: [Int64], denominator: [Int64], seed: UInt64, resamples: Int = 1000
    ) -> Interval {
        var generator = SplitMix64(seed: seed)
        func drawnMedian(_ sorted: [Int64]) -> Double {
            var counts = [Int32](repeating: 0, count: sorted.count)
            for _ in sorted { counts[generator.index(below: sorted.count)] += 1 }
            return median(of: sorted, counts: counts)
        }
        return middle((0..<resamples).map { _ in drawnMedian(numerator) / drawnMedian(denominator) })
    }

    /// The median of a multiset that has `counts[i]` times `sorted[i]`, `sorted.count` values in all.
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
        interval(of: values.count, seed: seed, resamples: resamples) { indices in
            indices.reduce(0) { $0 + values[$1] } / Double(indices.count)
        }
    }

    private static func interval(
        of count: Int, seed: UInt64, resamples: Int, statistic: ([Int]) -> Double
    ) -> Interval {
        var generator = SplitMix64(seed: seed)
        var indices = [Int](repeating: 0, count: count)
        var statistics: [Double] = []
        statistics.reserveCapacity(resamples)
        for _ in 0..<resamples {
            for position in indices.indices { indices[position] = generator.index(below: count) }
            statistics.append(statistic(indices))
        }
        return middle(statistics)
    }

    /// The range that holds the middle 95% of `statistics`.
    private static func middle(_ statistics: [Double]) -> Interval {
        let (sorted, last) = (statistics.sorted(), Double(statistics.count - 1))
        return Interval(lower: sorted[Int(0.025 * last)], upper: sorted[Int((0.975 * last).rounded(.up))])
    }
}
