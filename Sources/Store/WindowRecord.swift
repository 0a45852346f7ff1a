import Statistics

/// One window of a long run: its times, and what the board went through meanwhile.
public struct Window: Hashable, Sendable {
    public var latency: LatencyWindow
    /// What the board could not tell is nil.
    public var health: HealthWindow

    public init(latency: LatencyWindow, health: HealthWindow? = nil) {
        self.latency = latency
        self.health = health ?? HealthWindow(index: latency.index)
    }
}

extension WindowedSamples {
    /// Divides the timed compute samples of a run by when its queries were answered; nil if it had too few windows.
    public init?(_ samples: [Sample], _ queries: [Query], windowNs: Int64) {
        self.init(
            samples: samples.lazy.filter { $0.phase == "timed" }.map(\.computeNs),
            answeredNs: queries.compactMap { query in query.latencyNs.map { query.issuedNs &+ $0 } },
            windowNs: windowNs)
    }
}
