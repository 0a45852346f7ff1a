/// What is stored of one figure of all timed samples of a run; nanoseconds, by the rules of `Statistics.Percentiles`.
public struct LatencyFigures: Codable, Hashable, Sendable {
    public var samples: Int
    public var medianNs: Double
    public var p90Ns: Int64
    public var p99Ns: Int64
    public var maxNs: Int64

    public init(samples: Int, medianNs: Double, p90Ns: Int64, p99Ns: Int64, maxNs: Int64) {
        self.samples = samples
        self.medianNs = medianNs
        self.p90Ns = p90Ns
        self.p99Ns = p99Ns
        self.maxNs = maxNs
    }
}

/// One window of a timed phase, summed up; times in nanoseconds.
public struct LatencyWindow: Codable, Hashable, Sendable {
    /// From 0.
    public var index: Int
    /// From the phase's start.
    public var startNs: Int64
    public var durationNs: Int64
    public var count: Int
    /// By the rule of `Percentiles`.
    public var p50: Int64
    public var p90: Int64
    public var p99: Int64
    public var maximum: Int64

    public init(
        index: Int, startNs: Int64, durationNs: Int64, count: Int, p50: Int64, p90: Int64, p99: Int64, maximum: Int64
    ) {
        (self.index, self.startNs, self.durationNs, self.count) = (index, startNs, durationNs, count)
        (self.p50, self.p90, self.p99, self.maximum) = (p50, p90, p99, maximum)
    }
}

/// One window of a long run: its times, and what the board went through meanwhile.
public struct Window: Codable, Hashable, Sendable {
    public var latency: LatencyWindow
    /// What the board could not tell is nil.
    public var health: HealthWindow

    public init(_ latency: LatencyWindow, health: HealthWindow? = nil) {
        self.latency = latency
        self.health = health ?? HealthWindow(index: latency.index)
    }
}
