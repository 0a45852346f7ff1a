import Testing

import Results
@testable import Statistics

@Suite struct EarlyStoppingTests {
    @Test(
        "The minimum number of queries is LoadGen's",
        arguments: [(0, 0.90, 44), (1, 0.90, 64), (3, 0.90, 97), (0, 0.99, 459), (1, 0.99, 662), (2, 0.99, 838)])
    func minimum(above: Int, percentile: Double, queries: Int) {
        #expect(EarlyStopping.minimumQueries(above: above, percentile: percentile) == queries)
    }

    @Test(
        "The estimate discards as many of the slowest queries as LoadGen does",
        arguments: [(64, 0.90, 0), (100, 0.90, 2), (7914, 0.90, 728), (662, 0.99, 0)])
    func discarded(count: Int, percentile: Double, discarded: Int) throws {
        let sorted = (0..<count).map(Int64.init)
        let estimate = try #require(EarlyStopping.estimate(sorted: sorted, percentile: percentile))
        #expect(estimate == .init(latencyNs: Int64(count - 1 - discarded), discarded: discarded))
    }

    @Test("One query too few gives no estimate", arguments: [(63, 0.90), (661, 0.99), (0, 0.90), (1, 0.5)])
    func tooFew(count: Int, percentile: Double) {
        let sorted = [Int64](repeating: 5, count: count)
        #expect(EarlyStopping.estimate(sorted: sorted, percentile: percentile) == nil)
    }

    @Test(
        "Bisection finds what LoadGen finds by counting up", arguments: [0.5, 0.9, 0.95, 0.97, 0.99, 0.999])
    func walk(percentile: Double) {
        for count in stride(from: 1, through: 4000, by: 97) {
            var above = 0
            while count >= EarlyStopping.minimumQueries(above: above + 1, percentile: percentile) { above += 1 }
            let sorted = (0..<count).map(Int64.init)
            let estimate = EarlyStopping.estimate(sorted: sorted, percentile: percentile)
            #expect(estimate?.discarded == (above == 0 ? nil : above - 1), "\(count) queries")
        }
    }
}

@Suite struct ValidityCheckTests {
    private let second: Int64 = 1_000_000_000

    @Test("A single-stream run of 100 queries reports the third slowest")
    func singleStream() {
        let settings = ScenarioSettings.singleStream(minDurationNs: second)
        let verdict = ValidityCheck(settings: settings, latenciesNs: Array((1...100).reversed()), durationNs: second)
        #expect(verdict.isValid && verdict.metric == .latency(.init(latencyNs: 98, discarded: 2)))
    }

    @Test("Each reason states the actual and the required value")
    func reasons() {
        let settings = ScenarioSettings.multiStream(minDurationNs: second)
        let verdict = ValidityCheck(
            settings: settings, latenciesNs: [Int64](repeating: 7, count: 661), durationNs: second - 1)
        #expect(
            verdict.reasons == [
                .duration(ns: second - 1, least: second), .queries(661, least: 662),
                .earlyStopping(queries: 661, least: 662, above: 1),
            ])
        #expect(verdict.metric == nil && !verdict.isValid)
    }

    @Test("A server run may have slow queries if there are enough others", arguments: [(0, 459), (1, 662), (2, 838)])
    func server(above: Int, least: Int) {
        let settings = ScenarioSettings.server(latencyBoundNs: 100, minDurationNs: second)
        func judged(_ count: Int) -> ValidityCheck {
            let latencies = [Int64](repeating: 101, count: above) + [Int64](repeating: 100, count: count - above)
            return ValidityCheck(settings: settings, latenciesNs: latencies, durationNs: second)
        }
        #expect(judged(least).isValid)
        #expect(judged(least - 1).reasons == [.earlyStopping(queries: least - 1, least: least, above: above)])
    }

    @Test("A server run whose percentile exceeds the bound is invalid, and its rate counts until the last answer")
    func serverBound() {
        let settings = ScenarioSettings.server(latencyBoundNs: 100, minDurationNs: 0)
        let latencies = [Int64](repeating: 100, count: 979) + [Int64](repeating: 1000, count: 22)
        let verdict = ValidityCheck(settings: settings, latenciesNs: latencies, durationNs: second - 1000)
        #expect(verdict.reasons.first == .latencyBound(ns: 1000, bound: 100) && verdict.reasons.count == 2)
        #expect(verdict.metric == .samplesPerSecond(1000))
    }

    @Test("An offline run lasts as long as its slowest sample")
    func offline() {
        let settings = ScenarioSettings.offline(samples: 10, minDurationNs: 2 * second)
        let latencies = (1...10).map { Int64($0) * second / 5 }
        #expect(ValidityCheck(settings: settings, latenciesNs: latencies, durationNs: 0).isValid)
        let short = ValidityCheck(settings: settings, latenciesNs: Array(latencies.dropLast()), durationNs: 0)
        #expect(short.reasons == [.duration(ns: 1_800_000_000, least: 2 * second), .queries(9, least: 10)])
        #expect(short.metric == .samplesPerSecond(5))
    }

    @Test("A run without queries is invalid in every scenario", arguments: Scenario.allCases)
    func nothing(scenario: Scenario) {
        let settings = ScenarioSettings(
            scenario: scenario, samplesPerQuery: 1, percentile: 0.9, latencyBoundNs: 1, minDurationNs: 1, minQueries: 1)
        let verdict = ValidityCheck(settings: settings, latenciesNs: [], durationNs: 1)
        #expect(!verdict.isValid && verdict.metric == nil)
    }
}
