/// The mean of a side's middle three fifths, and how well it is known; of fewer than five values all.
///
/// One run in twenty that met something else on its board moves a mean and widens its interval; this it leaves as they were. After
/// Yuen 1974, with 20% trimmed at each end as Wilcox 2012 recommends.
struct TrimmedMean: Sendable {
    /// Of each end.
    private static let share = 0.2

    let value: Double
    /// Variance of one value as the trimmed sample shows it: `n-1` Winsorised variances over `h-1`; nil for a single value.
    private let variance: Double?
    /// Values that are left.
    private let left: Int

    /// Of `values`, which must not be empty.
    init(_ values: [Double]) {
        let sorted = values.sorted()
        let cut = Int(Self.share * Double(sorted.count))
        let kept = sorted[cut..<(sorted.count - cut)]
        left = kept.count
        value = kept.mean
        guard left > 1, let least = kept.first, let most = kept.last else {
            variance = nil
            return
        }
        let winsorised = sorted.map { min(max($0, least), most) }
        variance = winsorised.squares(around: winsorised.mean) / Double(left - 1)
    }

    /// Half the interval of the mean at `1 - outside`, by Student's t (Tukey and McLaughlin 1963); nil for a single value.
    func reach(outside: Double) -> Double? {
        variance.map {
            StudentT.quantile(twoSided: outside, degrees: Double(left - 1)) * ($0 / Double(left)).squareRoot()
        }
    }

    /// The standard error of the difference of two trimmed means, and its degrees of freedom: Yuen 1974, without trimming Welch 1947.
    ///
    /// A side of one value shows nothing of how values differ: it is taken to vary as the other does. Nil if both have one.
    static func standardError(_ first: Self, _ second: Self) -> (error: Double, degrees: Double)? {
        let (x, y) = (Double(first.left), Double(second.left))
        switch (first.variance, second.variance) {
        case (nil, nil): return nil
        case (let a?, let b?):
            let (d, e) = (a / x, b / y)
            let degrees = d + e > 0 ? (d + e) * (d + e) / (d * d / (x - 1) + e * e / (y - 1)) : x + y - 2
            return ((d + e).squareRoot(), degrees)
        case (let shared?, nil), (nil, let shared?): return ((shared / x + shared / y).squareRoot(), max(x, y) - 1)
        }
    }
}
