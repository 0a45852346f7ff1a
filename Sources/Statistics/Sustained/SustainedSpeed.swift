import Results

/// What a board does at first, and what it keeps up.
///
/// The burst is the median of the first window after the warm-up: what a user meets who asks for a few images on a board that is cool.
/// Sustained is the median of the last third of the windows. A board's temperature follows its power like a capacitor's charge; with
/// a time constant of up to a third of the run, the last third begins at least 86% of the way (1 − e⁻²) to where it ends.
public struct SustainedSpeed: Hashable, Sendable {
    /// Fewer windows have no last third that is not the rest.
    public static let leastWindows = 3

    /// Sustained over burst, with both medians: above 1, the board gets slower.
    public let size: MedianRatio
    /// Nil if nobody saw it happen.
    public let throttling: Throttling?
    /// Length of a window.
    public let windowNs: Int64
    /// How many windows the sustained median is of.
    public let sustainedWindows: Int
    private let burst: [Int64]
    private let sustained: [Int64]

    /// What the windows say; nil if they are too few, or nothing was answered in the first or the last ones.
    public init?(_ windows: WindowedSamples, health: [HealthWindow] = [], seed: UInt64 = 0) {
        let count = windows.samples.count
        guard count >= Self.leastWindows else { return nil }
        burst = windows.samples[0]
        sustainedWindows = count / 3
        sustained = Array(windows.samples.suffix(sustainedWindows).joined())
        guard let size = MedianRatio(baseline: [burst], candidate: [sustained], seed: seed) else { return nil }
        self.size = size
        windowNs = windows.windowNs
        throttling = Throttling(
            medians: windows.samples.map { Percentiles.median(sorted: $0.sorted()) }, health: health,
            windowNs: windows.windowNs)
    }

    /// How two runs stand to each other at first and at last; the ratios are the other's time over this one's.
    public struct Flip: Hashable, Sendable {
        /// The other's first window over this one's.
        public var burst: MedianRatio
        /// The other's last third over this one's.
        public var sustained: MedianRatio
    }

    /// The two orders, if they are opposite and both certain: of each the interval of 99% lies beside 1.
    public func flip(with other: SustainedSpeed, seed: UInt64 = 0) -> Flip? {
        guard let first = MedianRatio(baseline: [burst], candidate: [other.burst], seed: seed),
            let last = MedianRatio(baseline: [sustained], candidate: [other.sustained], seed: seed)
        else { return nil }
        let isOvertaken = first.wide.lower > 1 && last.wide.upper < 1
        let overtakes = first.wide.upper < 1 && last.wide.lower > 1
        return isOvertaken || overtakes ? Flip(burst: first, sustained: last) : nil
    }
}
