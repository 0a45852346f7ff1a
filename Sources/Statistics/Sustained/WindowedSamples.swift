import Results

/// The samples of a timed phase, divided by when they were answered into windows of equal length.
///
/// What is left over at the end is a window of its own if it is at least half as long as one; else it belongs to the last.
public struct WindowedSamples: Hashable, Sendable {
    /// A minute.
    public static let usualNs: Int64 = 60_000_000_000
    /// Runs of more windows are not divided: a faulty runner must not fill the memory.
    private static let most = 100_000

    /// Length of a window, but for the last.
    public let windowNs: Int64
    /// From the phase's start until the last answer.
    public let spanNs: Int64
    /// Of each window, in the order they were taken.
    public let samples: [[Int64]]

    /// Divides `samples`, of which equally many belong to each of the queries that were answered `answeredNs` after the phase's start.
    ///
    /// Nil if there are fewer than two windows.
    public init?(samples: [Int64], answeredNs: [Int64], windowNs: Int64) {
        guard windowNs > 0, let spanNs = answeredNs.max(), spanNs > 0, samples.count % answeredNs.count == 0 else {
            return nil
        }
        let whole = (Double(spanNs) / Double(windowNs)).rounded()
        guard (2...Double(Self.most)).contains(whole), !samples.isEmpty else { return nil }
        let (last, perQuery) = (Int(whole) - 1, samples.count / answeredNs.count)
        var divided = [[Int64]](repeating: [], count: last + 1)
        for (index, sample) in samples.enumerated() {
            divided[max(0, min(last, Int(answeredNs[index / perQuery] / windowNs)))].append(sample)
        }
        (self.windowNs, self.spanNs) = (windowNs, spanNs)
        self.samples = divided
    }

    /// The windows, but for those in which nothing was answered.
    public var windows: [LatencyWindow] {
        samples.indices.compactMap { index in
            let sorted = samples[index].sorted()
            guard let p50 = Percentiles.value(sorted: sorted, 0.5), let p90 = Percentiles.value(sorted: sorted, 0.9),
                let p99 = Percentiles.value(sorted: sorted, 0.99), let maximum = sorted.last
            else { return nil }
            let start = Int64(index) * windowNs
            return LatencyWindow(
                index: index, startNs: start, durationNs: index == samples.count - 1 ? spanNs - start : windowNs,
                count: sorted.count, p50: p50, p90: p90, p99: p99, maximum: maximum)
        }
    }

    /// Divides the timed compute samples of a run by when its queries were answered; nil if it had too few windows.
    public init?(_ samples: [Sample], _ queries: [Query], windowNs: Int64) {
        self.init(
            samples: samples.lazy.filter { $0.phase == .timed }.map(\.computeNs),
            answeredNs: queries.compactMap(\.answeredNs), windowNs: windowNs)
    }
}
