import AgentAPI

extension SampleChunk {
    /// The column `compute_ns`.
    public var computeNs: [Int64] { samples.map(\.computeNs) }
    /// The column `end_to_end_ns`; empty if it was not measured.
    public var endToEndNs: [Int64] { samples.compactMap(\.endToEndNs) }
}

extension QueryChunk {
    /// The column `issued_ns`.
    public var issuedNs: [Int64] { queries.map(\.issuedNs) }
    /// The column `latency_ns`, which ends with the last query that was answered.
    public var latencyNs: [Int64] { queries.compactMap(\.latencyNs) }
}
