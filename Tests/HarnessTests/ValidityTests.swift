import AgentAPI
import Coordinator
import Results
import Store
import Testing

/// What the coordinator concludes from the queries that a runner told.
@Suite struct ValidityTests {
    private func checked(
        _ settings: RunSettings, issued: [Int64], latencies: [Int64], outcome: Outcome = .succeeded
    ) -> RunResult {
        var run = RunAccumulator(jobID: "j", attempt: 1, device: "cpu:0", startedAt: "", settings: settings)
        // In two pieces, as a runner sends them.
        let half = issued.count / 2
        let queries = issued.indices.map {
            Query(index: $0, issuedNs: issued[$0], latencyNs: $0 < latencies.count ? latencies[$0] : nil)
        }
        let pieces = [
            QueryChunk(first: 0, queries: Array(queries[..<half])),
            QueryChunk(first: half, queries: Array(queries[half...])),
        ]
        for (number, piece) in pieces.enumerated() {
            run.add(JobEvent(number: number + 1, at: "", content: .runner(.queries(piece))))
        }
        run.add(JobEvent(number: 3, at: "", content: .ended(outcome, failure: nil, maxResidentBytes: nil)))
        return run.finished(at: "", pictures: [])
    }

    private func server(bound: Int64) -> RunSettings {
        RunSettings {
            $0.scenario = "server"; $0.minDurationNs = 0; $0.minQueries = 1; $0.targetQueriesPerSecond = 10;
            $0.latencyBoundNs = bound
        }
    }

    @Test("Of 100 queries in a single stream two are discarded, and the third slowest is the result")
    func valid() throws {
        let latencies = (0..<100).map { Int64($0 * 37 % 100 + 1) }
        let run = checked(
            RunSettings {
                $0.minDurationNs = 99; $0.minQueries = 64
            }, issued: (0..<100).map { Int64($0) }, latencies: latencies)
        let validity = try #require(run.validity)
        #expect(validity.isValid && run.scenario == .singleStream)
        #expect(validity.latencyNs == 98 && validity.discardedQueries == 2 && validity.queries == 100)
        #expect(run.queries.map(\.latencyNs) == latencies && run.queries.map(\.index) == Array(0..<100))
    }

    @Test("Each reason is named, with its figures")
    func reasons() throws {
        let short = checked(
            RunSettings {
                $0.minDurationNs = 3_000_000_000; $0.minQueries = 9
            }, issued: [0, 1_500_000_000], latencies: [1, 2])
        #expect(short.validity?.reasons.map(\.code) == ["duration", "queries", "early-stopping"])
        #expect(short.validity?.reasons[0].message == "it lasted 1.5 s of at least 3 s")
        #expect(short.validity?.latencyNs == nil)
        let late = checked(server(bound: 500_000), issued: [0, 10], latencies: [1_000_000, 1_000_000])
        #expect(late.validity?.reasons.map(\.code) == ["latency-bound", "early-stopping"])
        #expect(late.validity?.reasons[0].message == "the p99 latency 1 ms exceeds the bound of 0.5 ms")
    }

    @Test("The longest queue is counted, and who was never answered has waited until the end at least")
    func queue() throws {
        // Served from 0, 10 and 20 to 10, 20 and 30; the fourth never.
        let run = checked(server(bound: 5), issued: [0, 1, 15, 25], latencies: [10, 19, 15])
        let validity = try #require(run.validity)
        #expect(validity.longestQueue == 2 && validity.unansweredQueries == 1 && validity.queries == 4)
        #expect(validity.reasons.map(\.code).contains("unanswered"))
        #expect(run.queries.latenciesNs == [10, 19, 15, 5])
        // Three answers in 30 ns.
        #expect(validity.samplesPerSecond == 1e8)
        #expect(
            checked(server(bound: 5), issued: [0, 1, 15, 25], latencies: [2, 3, 2, 1]).validity?.longestQueue == 2)
        #expect(
            checked(server(bound: 5), issued: [0, 2, 15, 25], latencies: [2, 3, 2, 1]).validity?.longestQueue == 1)
    }

    @Test("A run that failed, or whose runner tells no queries, is not judged")
    func unjudged() {
        #expect(checked(server(bound: 5), issued: [0, 1], latencies: [1, 1], outcome: .failed).validity == nil)
        #expect(checked(server(bound: 5), issued: [], latencies: []).validity == nil)
        #expect(checked(server(bound: 5), issued: [], latencies: []).scenario == .server)
    }
}
