/// The ratio of two means of paired values, such as two modules' Dice on the same patients.
///
/// What a pair has in common, a patient that is hard for every module, falls out of the interval.
public struct PairedRatio: Hashable, Sendable {
    /// The candidate's mean over the baseline's.
    public var ratio: Double
    /// 95%; nil for one pair, which says nothing of others. The wider of two: a seeded bootstrap over pairs, and Student's t of their
    /// differences over the baseline's mean, since a bootstrap of few is too narrow.
    public var interval: Interval?
    /// The same at 99%.
    public var wide: Interval?

    /// Values of equal place belong together. Nil if there are none, their numbers differ, or the baseline's mean is not above zero.
    public init?(baseline: [Double], candidate: [Double], seed: UInt64 = 0, resamples: Int = 10_000) {
        let count = Double(baseline.count)
        let mean = baseline.mean
        guard !baseline.isEmpty, baseline.count == candidate.count, mean > 0 else { return nil }
        let difference = zip(candidate, baseline).map { $0 - $1 }
        let shift = difference.mean
        ratio = 1 + shift / mean
        guard baseline.count > 1 else { return }
        let variance = difference.squares(around: shift) / (count - 1)
        let error = (variance / count).squareRoot() / mean
        var generator = SplitMix64(seed: seed)
        let drawn = Bootstrap.statistics(of: baseline.count, resamples: resamples, using: &generator) { indices in
            let (below, above) = indices.reduce((0, 0)) { ($0.0 + baseline[$1], $0.1 + candidate[$1]) }
            return below > 0 ? above / below : 1 + shift / mean
        }
        let middle = ratio
        func interval(outside: Double) -> Interval {
            let bootstrap = Bootstrap.percentileInterval(drawn, outside: outside)
            let reach = StudentT.quantile(twoSided: outside, degrees: count - 1) * error
            return Interval(
                lower: min(bootstrap.lower, max(0, middle - reach)), upper: max(bootstrap.upper, middle + reach))
        }
        self.interval = interval(outside: 0.05)
        wide = interval(outside: 0.01)
    }
}
