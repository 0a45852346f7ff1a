import Glibc

extension Bootstrap {
    /// Of more samples than these, drawing each again would take seconds and change nothing that is shown.
    static let longestDrawn = 1 << 16

    /// The medians of resamples of so many samples that their ranks are drawn at once instead of the samples.
    ///
    /// A resample's median is the sample of rank ⌊n·B⌋, with B the median of n uniform numbers: Beta(m, m) for n = 2m − 1 (David and
    /// Nagaraja 2003, "Order Statistics", 2.3), which has the mean 1/2 and the variance 1/(4(n + 2)) and for n this large is normal.
    static func medians(ofMany sorted: [Int64], resamples: Int, using generator: inout SplitMix64) -> [Double] {
        let count = Double(sorted.count)
        let spread = 0.5 / (count + 2).squareRoot()
        return (0..<resamples).map { _ in
            let share = 0.5 + spread * normal(using: &generator)
            return Double(sorted[max(0, min(sorted.count - 1, Int(count * share)))])
        }
    }

    /// A standard normal number: Box and Muller 1958.
    private static func normal(using generator: inout SplitMix64) -> Double {
        let radius = Double((generator.next() >> 11) + 1) * 0x1p-53
        let angle = Double(generator.next() >> 11) * 0x1p-53
        return (-2 * log(radius)).squareRoot() * cos(2 * .pi * angle)
    }
}
