import Glibc

/// How few queries are enough to state a percentile of their latency: MLPerf LoadGen's early stopping.
///
/// With n queries of which t took longer than a bound, the percentile p lies within the bound, at confidence c, if so few slow
/// ones would be improbable otherwise: P(Binomial(n, 1−p) ≤ t) < 1−c. It holds for queries that are independent of each other.
///
/// Source: MLPerf Inference LoadGen 6.0, `early_stopping.cc` and `PerformanceSummary::EarlyStopping` in `results.cc`. Sums,
/// bounds of the searches and comparisons are as there, so that the same numbers decide.
public enum EarlyStopping {
    /// The confidence with which a percentile is stated.
    public static let confidence = 0.99

    /// What a single- or multi-stream run can state of its percentile.
    public struct Estimate: Hashable, Sendable {
        /// The latency that the percentile does not exceed, at `confidence`: `sorted[n − 1 − discarded]`.
        public var latencyNs: Int64
        /// How many of the slowest queries lie above it.
        public var discarded: Int
    }

    /// An upper bound of the percentile of `sorted`; nil if there are fewer queries than `minimumQueries` says for one above.
    ///
    /// LoadGen walks up to the largest t with `n ≥ h(t) + t`; that n is enough for t is the same as P(Binomial(n, 1−p) ≤ t) < 1−c,
    /// which grows with t, so here t is found by halving.
    public static func estimate(sorted: [Int64], percentile: Double) -> Estimate? {
        let count = sorted.count
        guard count >= minimumQueries(above: 1, percentile: percentile) else { return nil }
        var largest = 1
        // At the mean of the distribution its sum is about one half.
        var tooMany = max(2, Int(Double(count) * (1 - percentile)) + 1)
        while tooMany - largest > 1 {
            let middle = largest + (tooMany - largest) / 2
            if isImprobable(within: count - middle, above: middle, percentile: percentile) {
                largest = middle
            } else {
                tooMany = middle
            }
        }
        return Estimate(latencyNs: sorted[count - largest], discarded: largest - 1)
    }

    /// How many queries there must be if `above` of them took longer than the bound: LoadGen's `h(t) + t`.
    ///
    /// One of them counts as above in a single- or multi-stream estimate: 64 queries at percentile 0.90, 662 at 0.99.
    public static func minimumQueries(above: Int, percentile: Double) -> Int {
        queriesWithin(above: above, percentile: percentile) + above
    }

    /// LoadGen's h(t): the least number of queries within the bound for which `above` beyond it are improbably few.
    static func queriesWithin(above: Int, percentile: Double) -> Int {
        precondition(above >= 0 && percentile > 0 && percentile < 1, "early stopping needs 0 < percentile < 1")
        let none = Int((log(1 - confidence) / log(percentile)).rounded(.up))
        var least = Int(Double(above) * (percentile / (1 - percentile)) + Double(none))
        var count = above * none + none + 1 - least
        while count > 0 {
            let step = count / 2
            if isImprobable(within: least + step, above: above, percentile: percentile) {
                count = step
            } else {
                least += step + 1
                count -= step + 1
            }
        }
        return least
    }

    /// Whether, with the percentile above the bound, `above` or fewer queries beyond it would come about less often than 1−c.
    private static func isImprobable(within: Int, above: Int, percentile: Double) -> Bool {
        betaRegularised(percentile, within, above + 1) < 1 - confidence
    }

    /// The regularised incomplete beta function I_x(a, b) for whole a and b; I_p(h, t+1) = P(Binomial(h+t, 1−p) ≤ t).
    ///
    /// `x^a/a · (1−x)^(b−1) · ₂F₁(1, 1−b; 1+a; x/(x−1)) / B(a, b)`, DLMF 15.8.1.
    public static func betaRegularised(_ x: Double, _ a: Int, _ b: Int) -> Double {
        let front = Double(a) * log(x) + Double(b - 1) * log(1 - x) - logBeta(a, b)
        return exp(front) / Double(a) * hypergeometric(1 - b, 1 + a, x / (x - 1))
    }

    private static func logBeta(_ a: Int, _ b: Int) -> Double {
        lgamma(Double(a)).0 + lgamma(Double(b)).0 - lgamma(Double(a + b)).0
    }

    /// Gauss's ₂F₁(1, b; c; x), DLMF 15.2.1: with b ≤ 0 and x < 0 a finite sum of terms of one sign.
    private static func hypergeometric(_ b: Int, _ c: Int, _ x: Double) -> Double {
        let tolerance = 0x1p-33
        var term = 1.0
        var sum = 1.0
        var index = 0
        while abs(term) > tolerance {
            term *= Double(b + index) * x / Double(c + index)
            sum += term
            index += 1
        }
        return sum
    }
}
