import Statistics

struct RankTestOf: Question {
    var first: [Int64]
    var second: [Int64]

    struct Answer: Encodable {
        var u: Double
        var pValue: Double
        var isExact: Bool
        var superiority: Double
    }

    func answer() throws -> Answer {
        guard let test = RankTest(first, second) else { throw Failure(error: "a sample is empty") }
        return Answer(u: test.u, pValue: test.pValue, isExact: test.isExact, superiority: test.superiority)
    }
}

struct ComparisonOf: Question {
    var baseline: [[Int64]]
    var candidate: [[Int64]]
    var margin: Double
    var seed: UInt64
    var resamples: Int
    /// The agent session of each run: the baseline's, then the candidate's.
    var sessions: [[Int]]?

    struct Answer: Encodable {
        var verdict: String
        var ratio: Double
        var interval: [Double]
        var wide: [Double]
        var source: String
        var withinRuns: [Double]
        var betweenRuns: [Double]?
        var betweenRestarts: [Double]?
        var pValue: Double
        var superiority: Double
        var factorNeeded: Double?
        var whatNeeded: String?
    }

    func answer() throws -> Answer {
        guard
            let comparison = Comparison(
                baseline: baseline, candidate: candidate, sessions: sessions.map { ($0[0], $0[1]) }, margin: margin,
                seed: seed, resamples: resamples)
        else { throw Failure(error: "a side has no run, or a run no sample or one that is not above zero") }
        let size = comparison.size
        return Answer(
            verdict: comparison.outcome.rawValue, ratio: size.ratio, interval: Self.bounds(size.interval),
            wide: Self.bounds(size.wide), source: size.source.rawValue, withinRuns: Self.bounds(size.withinRuns),
            betweenRuns: size.betweenRuns.map(Self.bounds), betweenRestarts: size.betweenRestarts.map(Self.bounds),
            pValue: comparison.ranks.pValue,
            superiority: comparison.ranks.superiority, factorNeeded: comparison.needed?.factor,
            whatNeeded: comparison.needed?.what.rawValue)
    }

    static func bounds(_ interval: Interval) -> [Double] { [interval.lower, interval.upper] }
}

struct PairedRatioOf: Question {
    var baseline: [Double]
    var candidate: [Double]
    var margin: Double
    var seed: UInt64

    struct Answer: Encodable {
        var verdict: String
        var ratio: Double
        var interval: [Double]
        var wide: [Double]
        var factorNeeded: Double?
    }

    func answer() throws -> Answer {
        guard let paired = PairedRatio(baseline: baseline, candidate: candidate, seed: seed),
            let interval = paired.interval, let wide = paired.wide
        else { throw Failure(error: "there are no two pairs, or the baseline's mean is not above zero") }
        let outcome = RatioOutcome(ratio: paired.ratio, interval: interval, wide: wide, margin: margin)
        let verdict =
            switch outcome.direction {
            case .less: "less"
            case .more: "more"
            case .same: "same"
            case .cannotTell: "cannot-tell"
            }
        return Answer(
            verdict: verdict, ratio: paired.ratio, interval: ComparisonOf.bounds(interval),
            wide: ComparisonOf.bounds(wide), factorNeeded: outcome.factorNeeded)
    }
}

struct NestedMediansOf: Question {
    var sessions: [[[Int64]]]
    var seed: UInt64

    struct Answer: Encodable {
        var location: Double
        var interval: [Double]
        var source: String
        var withinRun: Double
        var betweenRuns: Double?
        var betweenRestarts: Double?
    }

    func answer() throws -> Answer {
        guard let nested = NestedMedians(sessions, seed: seed) else {
            throw Failure(error: "there is no run, or one with no sample or one that is not above zero")
        }
        return Answer(
            location: nested.location, interval: ComparisonOf.bounds(nested.interval), source: nested.source.rawValue,
            withinRun: nested.components.withinRun, betweenRuns: nested.components.betweenRuns,
            betweenRestarts: nested.components.betweenRestarts)
    }
}
