/// Decides when a module is warm: the running median has stopped moving.
///
/// Calls are compared in windows: the warm-up ends when the medians of the last two windows of `window` calls differ by
/// at most `tolerance` of the earlier. At least one call, at most a bound; the caller records how many and why.
public struct WarmUp: Sendable {
    /// Why a warm-up ended.
    public enum Reason: String, Sendable, Hashable {
        case stable
        case callLimit = "call-limit"
        case timeLimit = "time-limit"
    }

    private let window: Int
    private let tolerance: Double
    private let maxCalls: Int
    private let maxDurationNs: Int64
    private var total: Int64 = 0
    /// Latencies so far, nanoseconds, in order.
    public private(set) var samples: [Int64] = []

    /// A warm-up of at most `maxCalls` calls (at least 1) and about `maxDurationNs`.
    public init(maxCalls: Int, maxDurationNs: Int64, window: Int = 5, tolerance: Double = 0.02) {
        (self.window, self.tolerance) = (window, tolerance)
        self.maxCalls = max(1, maxCalls)
        self.maxDurationNs = maxDurationNs
    }

    /// Adds one call's latency and says whether, and why, the warm-up is over.
    public mutating func add(_ latencyNs: Int64) -> Reason? {
        samples.append(latencyNs)
        total += latencyNs
        if isStable { return .stable }
        if samples.count >= maxCalls { return .callLimit }
        return total >= maxDurationNs ? .timeLimit : nil
    }

    private var isStable: Bool {
        guard samples.count >= 2 * window, let late = Percentiles.median(sorted: samples.suffix(window).sorted()),
            let early = Percentiles.median(sorted: samples.suffix(2 * window).prefix(window).sorted())
        else { return false }
        return abs(late - early) <= tolerance * early
    }
}
