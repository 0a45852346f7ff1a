/// One query of the timed phase; offline one of the samples of its only query, which all are issued at once.
public struct Query: Codable, Hashable, Sendable {
    /// From 0, in the order of issue.
    public var index: Int
    /// From the phase's start until it was issued or, in the server scenario, was to arrive.
    public var issuedNs: Int64
    /// From then until its last sample was answered; nil if it was never answered.
    public var latencyNs: Int64?

    /// A query; `latencyNs` is nil if it was never answered.
    public init(index: Int, issuedNs: Int64, latencyNs: Int64?) {
        (self.index, self.issuedNs, self.latencyNs) = (index, issuedNs, latencyNs)
    }

    /// From the phase's start until the answer; nil if there was none.
    public var answeredNs: Int64? { latencyNs.map { issuedNs &+ $0 } }
}

extension [Query] {
    /// Latencies of all queries, in their order; an unanswered one waited until the last answer at least.
    public var latenciesNs: [Int64] {
        let closing = closingNs
        return map { $0.latencyNs ?? closing - $0.issuedNs }
    }

    /// When the last answer came.
    public var closingNs: Int64 { compactMap(\.answeredNs).max() ?? 0 }
}
