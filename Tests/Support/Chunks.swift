import AgentAPI

// Columns of chunks, as they are on the wire.

extension SampleChunk {
    public var computeNs: [Int64] { samples.map(\.computeNs) }
    public var endToEndNs: [Int64] { samples.compactMap(\.endToEndNs) }
}

extension QueryChunk {
    public var issuedNs: [Int64] { queries.map(\.issuedNs) }
    public var latencyNs: [Int64] { queries.compactMap(\.latencyNs) }
}
