/// How much the samples of a trace depend on those before them.
///
/// Confidence intervals and early stopping assume independent samples. If they are not, a trace carries less information than its
/// length suggests.
public struct Dependence: Hashable, Sendable {
    /// The correlation of each value with the next, -1...1.
    public var lagOne: Double
    /// Ljung and Box 1978: n(n+2) Σ r²/(n−k) over the first `lags` lags.
    public var ljungBox: Double
    /// Probability of a statistic at least as large if the values are independent.
    public var pValue: Double
    /// Number of lags in `ljungBox`.
    public var lags: Int
    /// How many independent values would determine the mean as well, at most n.
    public var effectiveSize: Double

    /// The dependence of a trace; nil for fewer than three values, or if all are equal.
    ///
    /// As many lags as Hyndman and Athanasopoulos advise: 10, or a fifth of the values if those are fewer.
    public init?(_ values: [Double]) {
        guard values.count >= 3, let series = Autocorrelation(values) else { return nil }
        let count = Double(values.count)
        let lags = max(1, min(10, values.count / 5))
        self.lags = lags
        lagOne = series.at(1)
        ljungBox =
            (1...lags).reduce(0) { $0 + series.at($1) * series.at($1) / (count - Double($1)) } * count * (count + 2)
        pValue = ChiSquared.survival(ljungBox, degrees: lags)
        effectiveSize = min(count, count / series.timeOfDecay())
    }

    /// By how much the interval of a median is wider than if the samples, in their order, were independent: √(n / effective size).
    ///
    /// A median's variance depends on the correlations of "above the median", not of the values themselves (Sen 1968,
    /// "Asymptotic normality of sample quantiles for m-dependent processes").
    static func widening(ofMedianOf samples: [Int64]) -> Double {
        guard let median = Percentiles.median(sorted: samples.sorted()) else { return 1 }
        guard let above = Dependence(samples.map { Double($0) > median ? 1 : 0 }) else { return 1 }
        return (Double(samples.count) / above.effectiveSize).squareRoot()
    }
}

/// The autocorrelation of a series.
private struct Autocorrelation {
    private let deviations: [Double]
    private let squares: Double

    /// Nil if all values are equal.
    init?(_ values: [Double]) {
        let mean = values.mean
        deviations = values.map { $0 - mean }
        squares = deviations.reduce(0) { $0 + $1 * $1 }
        // A constant's mean may be off by its last digit.
        guard values.contains(where: { $0 != values[0] }), squares > 0 else { return nil }
    }

    /// Box and Jenkins' estimate: the sum over n−lag products, divided by that over all n squares.
    func at(_ lag: Int) -> Double {
        var sum = 0.0
        for index in lag..<deviations.count { sum += deviations[index] * deviations[index - lag] }
        return sum / squares
    }

    /// 1 + 2 Σ r: how many values of the series are worth one independent one.
    ///
    /// Summed in pairs of lags until a pair is no longer positive: the initial positive sequence of Geyer 1992, at most a quarter of
    /// the series and 1000 lags long.
    func timeOfDecay() -> Double {
        var sum = -1.0
        let last = min(deviations.count / 4, 1000)
        for lag in stride(from: 0, through: max(0, last - 1), by: 2) {
            let pair = (lag == 0 ? 1 : at(lag)) + at(lag + 1)
            guard pair > 0 else { break }
            sum += 2 * pair
        }
        return max(1, sum)
    }
}
