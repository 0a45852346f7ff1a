import Results
import Statistics

struct BetaRegularised: Question {
    var x: Double
    var a: Int
    var b: Int

    func answer() -> [String: Double] { ["value": EarlyStopping.betaRegularised(x, a, b)] }
}

struct MinimumQueries: Question {
    var above: Int
    var percentile: Double

    func answer() -> [String: Int] { ["queries": EarlyStopping.minimumQueries(above: above, percentile: percentile)] }
}

/// The answer is empty if there are too few latencies.
struct EarlyStoppingEstimate: Question {
    var latenciesNs: [Int64]
    var percentile: Double

    struct Answer: Encodable {
        var latencyNs: Int64?
        var discarded: Int?
    }

    func answer() -> Answer {
        let estimate = EarlyStopping.estimate(sorted: latenciesNs.sorted(), percentile: percentile)
        return Answer(latencyNs: estimate?.latencyNs, discarded: estimate?.discarded)
    }
}

struct PercentilesOf: Question {
    var latenciesNs: [Int64]
    var percentiles: [Double]

    struct Answer: Encodable {
        var values: [Int64?]
        var median: Double?
        var medianAbsoluteDeviation: Double?
    }

    func answer() -> Answer {
        let sorted = latenciesNs.sorted()
        return Answer(
            values: percentiles.map { Percentiles.value(sorted: sorted, $0) },
            median: Percentiles.median(sorted: sorted),
            medianAbsoluteDeviation: Percentiles.medianAbsoluteDeviation(sorted: sorted))
    }
}

struct Verdict: Question {
    var scenario: String
    var samplesPerQuery: Int
    var percentile: Double
    var latencyBoundNs: Int64?
    var minDurationNs: Int64
    var minQueries: Int
    var latenciesNs: [Int64]
    var durationNs: Int64

    struct Answer: Encodable {
        var valid: Bool
        /// duration, queries, latency-bound, early-stopping
        var reasons: [String]
        var latencyNs: Int64?
        var discarded: Int?
        var samplesPerSecond: Double?
    }

    func answer() throws -> Answer {
        guard let scenario = Scenario(rawValue: scenario) else {
            throw Failure(error: "scenario “\(scenario)” is not known; there are \(Scenario.allCases.map(\.rawValue))")
        }
        let settings = ScenarioSettings(
            scenario: scenario, samplesPerQuery: samplesPerQuery, percentile: percentile,
            latencyBoundNs: latencyBoundNs, minDurationNs: minDurationNs, minQueries: minQueries)
        let check = ValidityCheck(settings: settings, latenciesNs: latenciesNs, durationNs: durationNs)
        var answer = Answer(valid: check.isValid, reasons: check.reasons.map(Self.name))
        switch check.metric {
        case .latency(let estimate)?: (answer.latencyNs, answer.discarded) = (estimate.latencyNs, estimate.discarded)
        case .samplesPerSecond(let rate)?: answer.samplesPerSecond = rate
        case nil: break
        }
        return answer
    }

    private static func name(_ reason: ValidityCheck.Reason) -> String {
        switch reason {
        case .duration: "duration"
        case .queries: "queries"
        case .latencyBound: "latency-bound"
        case .earlyStopping: "early-stopping"
        case .unanswered: "unanswered"
        }
    }
}

struct Arrivals: Question {
    var seed: UInt64
    var rate: Double
    var minQueries: Int
    var minDurationNs: Int64

    func answer() -> [String: [Int64]] {
        let schedule = ArrivalSchedule(seed: seed, rate: rate, minQueries: minQueries, minDurationNs: minDurationNs)
        return ["offsets_ns": schedule.offsetsNs]
    }
}
