/// What is stored of one figure of all timed samples of a run; nanoseconds, by the rules of `Statistics.Percentiles`.
public struct LatencyFigures: Codable, Hashable, Sendable {
    /// Number of samples.
    public var samples: Int
    /// The middle sample, or the mean of the two middle ones.
    public var medianNs: Double
    /// 90th percentile.
    public var p90Ns: Int64
    /// 99th percentile.
    public var p99Ns: Int64
    /// The slowest sample.
    public var maxNs: Int64

    /// Figures that were computed or read.
    public init(samples: Int, medianNs: Double, p90Ns: Int64, p99Ns: Int64, maxNs: Int64) {
        (self.samples, self.medianNs, self.p90Ns, self.p99Ns, self.maxNs) = (samples, medianNs, p90Ns, p99Ns, maxNs)
    }
}

/// One window of a timed phase, summed up; times in nanoseconds.
public struct LatencyWindow: Codable, Hashable, Sendable {
    /// From 0.
    public var index: Int
    /// From the phase's start.
    public var startNs: Int64
    /// The last window may be shorter or longer than the others.
    public var durationNs: Int64
    /// Number of samples that ended in it.
    public var count: Int
    /// By the rule of `Percentiles`.
    public var p50: Int64
    /// 90th percentile.
    public var p90: Int64
    /// 99th percentile.
    public var p99: Int64
    /// The slowest sample.
    public var maximum: Int64

    /// A window with these figures.
    public init(
        index: Int, startNs: Int64, durationNs: Int64, count: Int, p50: Int64, p90: Int64, p99: Int64, maximum: Int64
    ) {
        (self.index, self.startNs, self.durationNs, self.count) = (index, startNs, durationNs, count)
        (self.p50, self.p90, self.p99, self.maximum) = (p50, p90, p99, maximum)
    }
}

/// One window of a long run: its times, and what the board went through meanwhile.
public struct Window: Codable, Hashable, Sendable {
    /// The times.
    public var latency: LatencyWindow
    /// What the board could not tell is nil.
    public var health: HealthWindow

    /// A window; without `health` nothing was read in it.
    public init(_ latency: LatencyWindow, health: HealthWindow? = nil) {
        self.latency = latency
        self.health = health ?? HealthWindow(index: latency.index)
    }
}
