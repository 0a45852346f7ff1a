import AgentAPI
import Results
import Statistics

/// What a timed phase leaves: every sample, and every query that asked for them.
struct QueryTrace {
    /// One query, in nanoseconds as `QueryChunk` has them.
    struct Query {
        var issued: Int64
        /// Below zero if it was never answered.
        var latency: Int64
    }

    let samples: Spool<TimedLoop.Times>
    let queries = Spool(blank: Query(issued: 0, latency: 0))

    /// An empty trace of queries that ask for so many samples between two calls of `flush`.
    init(samplesPerQuery: Int = 1) {
        samples = Spool(blank: .init(compute: 0, endToEnd: 0, hostToDevice: 0, deviceToHost: 0), burst: samplesPerQuery)
    }

    /// Makes room for the next query; where nothing is timed.
    func flush() throws(Failure) {
        try samples.flush()
        try queries.flush()
    }

    /// The queries of a range; those that were never answered are the last.
    func chunk(_ range: Range<Int>) -> QueryChunk {
        let found = zip(range, queries.elements(range)).map { index, query in
            Results.Query(index: index, issuedNs: query.issued, latencyNs: query.latency >= 0 ? query.latency : nil)
        }
        return QueryChunk(first: range.lowerBound, queries: found)
    }
}

/// What the offline scenario goes by to make its one query large enough.
struct OfflineSize {
    /// Samples of one pass over the data set; nil without one.
    var slices: Int?
    /// Median of the warm-up's calls from image to mask.
    var expectedNs: Double

    /// Without a data set: as many as early stopping needs queries in a single stream.
    static let leastNoise = 64

    /// As many samples as `settings` say, else one pass or what probably fills the least duration, and a tenth more as in LoadGen.
    func samples(_ settings: RunSettings) -> Int {
        if let samples = settings.samplesPerQuery { return samples }
        let filling = Double(settings.minDurationNs) / max(expectedNs, 1) * 1.1
        let least = max(slices ?? Self.leastNoise, settings.minQueries)
        return max(least, min(settings.maxQueries, Int(filling.rounded(.up))))
    }
}

extension TimedLoop {
    /// The timed phase in the scenario that `settings` name.
    mutating func run(_ settings: RunSettings, offline: OfflineSize) throws(Failure) -> QueryTrace {
        let rules = settings.rules()
        switch rules?.scenario {
        case .singleStream?, .multiStream?: return try stream(settings, samplesPerQuery: rules?.samplesPerQuery ?? 1)
        case .server?: return try serve(settings)
        case .offline?: return try batch(offline.samples(settings))
        case nil:
            throw Failure(.scenarioUnsupported, "this runner has no scenario “\(settings.scenario)”.")
        }
    }
}
