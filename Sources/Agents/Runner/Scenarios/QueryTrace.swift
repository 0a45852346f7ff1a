import AgentWire
import Measurement

/// What a timed phase leaves: every sample, and every query that asked for them.
struct QueryTrace {
    var samples: [TimedLoop.Times] = []
    /// As `QueryChunk` has them, of all queries.
    var issuedNs: [Int64] = []
    var latencyNs: [Int64] = []

    /// Room for `queries` beforehand, by default for 65,536 samples, so that little is moved while the phase goes on.
    init(queries: Int? = nil, samplesPerQuery: Int = 1) {
        let queries = queries ?? (1 << 16) / samplesPerQuery + 1
        samples.reserveCapacity(queries * samplesPerQuery)
        issuedNs.reserveCapacity(queries)
        latencyNs.reserveCapacity(queries)
    }

    /// The queries in pieces of at most `size`.
    func chunks(of size: Int) -> [QueryChunk] {
        stride(from: 0, to: issuedNs.count, by: size).map { first in
            let end = min(first + size, issuedNs.count)
            return QueryChunk(
                first: first, issuedNs: Array(issuedNs[first..<end]),
                latencyNs: Array(latencyNs[min(first, latencyNs.count)..<min(end, latencyNs.count)]))
        }
    }
}

/// What the offline scenario goes by to make its one query large enough.
struct OfflineSize {
    /// Samples of one pass over the data set; nil without one.
    var slices: Int?
    /// Median of the warm-up's calls from image to mask.
    var usualNs: Double

    /// Without a data set: as many as early stopping wants queries in a single stream.
    static let leastNoise = 64

    /// As many samples as `settings` say, else one pass or what probably fills the least duration, and a tenth more as in LoadGen.
    func samples(_ settings: RunSettings) -> Int {
        if let samples = settings.samplesPerQuery { return samples }
        let filling = Double(settings.minDurationNs) / max(usualNs, 1) * 1.1
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
