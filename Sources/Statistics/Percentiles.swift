import Results

/// Percentiles and robust summaries of latencies in nanoseconds.
public enum Percentiles {
    /// The sample at index `floor(n·p)` of `sorted`, `p` in 0...1; nil if there is none.
    ///
    /// The rule of MLPerf LoadGen (`loadgen/results.cc`), so that equal traces give equal percentiles.
    public static func value(sorted: [Int64], _ p: Double) -> Int64? {
        guard !sorted.isEmpty else { return nil }
        return sorted[min(Int(Double(sorted.count) * p), sorted.count - 1)]
    }

    /// The median: the middle sample, or the mean of the two middle ones; nil if there is none.
    public static func median(sorted: [Int64]) -> Double? {
        guard !sorted.isEmpty else { return nil }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1
            ? Double(sorted[middle]) : (Double(sorted[middle - 1]) + Double(sorted[middle])) / 2
    }

    /// The median absolute deviation from the median, not scaled; nil if there is no sample.
    public static func medianAbsoluteDeviation(sorted: [Int64]) -> Double? {
        guard let median = median(sorted: sorted) else { return nil }
        let deviations = sorted.map { abs(Double($0) - median) }.sorted()
        let middle = deviations.count / 2
        return deviations.count % 2 == 1 ? deviations[middle] : (deviations[middle - 1] + deviations[middle]) / 2
    }
}

extension LatencyFigures {
    /// The figures of `samples`, in any order; nil if there is none.
    public init?(_ samples: [Int64]) { self.init(sorted: samples.sorted()) }

    /// The figures of samples in ascending order; nil if there is none.
    public init?(sorted: [Int64]) {
        guard let last = sorted.last, let median = Percentiles.median(sorted: sorted),
            let p90 = Percentiles.value(sorted: sorted, 0.90), let p99 = Percentiles.value(sorted: sorted, 0.99)
        else { return nil }
        self.init(samples: sorted.count, medianNs: median, p90Ns: p90, p99Ns: p99, maxNs: last)
    }
}

/// What is said of a run's latencies in a table; nanoseconds.
public struct LatencySummary: Hashable, Sendable {
    /// Number of samples.
    public var count: Int
    /// The fastest sample.
    public var minimum: Int64
    /// The middle sample, or the mean of the two middle ones.
    public var median: Double
    /// The median distance from the median, not scaled.
    public var medianAbsoluteDeviation: Double
    /// 90th percentile.
    public var p90: Int64
    /// 99th percentile.
    public var p99: Int64
    /// The slowest sample.
    public var maximum: Int64
    /// Seeded bootstrap 95% interval of the median.
    public var medianInterval: Interval

    /// The summary of `samples`, in any order; nil if there is none.
    public init?(_ samples: [Int64], seed: UInt64 = 0) {
        let sorted = samples.sorted()
        guard let figures = LatencyFigures(sorted: sorted), let first = sorted.first,
            let deviation = Percentiles.medianAbsoluteDeviation(sorted: sorted)
        else { return nil }
        minimum = first
        medianAbsoluteDeviation = deviation
        (count, median, maximum) = (figures.samples, figures.medianNs, figures.maxNs)
        (p90, p99) = (figures.p90Ns, figures.p99Ns)
        medianInterval = Bootstrap.medianInterval(sorted: sorted, seed: seed)
    }
}
