/// Consecutive samples of a phase, on the wire as columns.
public struct SampleChunk: Codable, Hashable, Sendable {
    /// `firstCall` (one sample), `warmUp` or `timed`.
    public var phase: RunPhase
    /// Index of the first sample here, from 0 in its phase.
    public var first: Int
    /// In their order, all of the same phase.
    public var samples: [Sample]

    private enum CodingKeys: String, CodingKey { case phase, first }

    /// Samples whose indices begin with `first`.
    public init(phase: RunPhase, first: Int, samples: [Sample]) {
        (self.phase, self.first, self.samples) = (phase, first, samples)
    }

    /// Reads the columns; throws if one that every sample needs is shorter than the others.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        phase = try container.decode(RunPhase.self, forKey: .phase)
        first = try container.decode(Int.self, forKey: .first)
        samples = try ColumnCoder.decode(
            Sample.self, from: decoder, leading: "computeNs",
            omitted: ["phase": .constant(phase), "index": .counter(first)])
    }

    /// Writes a column for each figure that was measured.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(phase, forKey: .phase)
        try container.encode(first, forKey: .first)
        // Agents of version 0.1.0 ask for both of these, and take an empty one for “not measured”.
        try ColumnCoder.encode(
            samples, to: encoder, omitted: ["phase", "index"], required: ["computeNs", "endToEndNs"])
    }
}

/// Consecutive queries of the timed phase, on the wire as columns. Those that were never answered are the last.
public struct QueryChunk: Codable, Hashable, Sendable {
    /// Index of the first query here, from 0.
    public var first: Int
    /// In the order in which they were issued.
    public var queries: [Query]

    private enum CodingKeys: String, CodingKey { case first }

    /// Queries whose indices begin with `first`.
    public init(first: Int, queries: [Query]) { (self.first, self.queries) = (first, queries) }

    /// Reads the columns; the latencies end with the last query that was answered.
    public init(from decoder: any Decoder) throws {
        first = try decoder.container(keyedBy: CodingKeys.self).decode(Int.self, forKey: .first)
        queries = try ColumnCoder.decode(
            Query.self, from: decoder, leading: "issuedNs", omitted: ["index": .counter(first)])
    }

    /// Writes a column for each figure.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(first, forKey: .first)
        try ColumnCoder.encode(queries, to: encoder, omitted: ["index"], required: ["issuedNs", "latencyNs"])
    }
}
