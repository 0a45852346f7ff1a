import AgentAPI
import Coordinator
import Store
import Testing

/// What the coordinator concludes from the queries that a runner told.
@Suite struct JudgementTests {
    private func judge(
        _ settings: RunSettings, issued: [Int64], latencies: [Int64], state: JobState = .succeeded
    ) -> RunResult {
        var run = RunAccumulator(jobID: "j", attempt: 1, device: "cpu:0", startedAt: "", settings: settings)
        // In two pieces, as a runner sends them.
        let half = issued.count / 2
        let pieces = [
            QueryChunk(first: 0, issuedNs: Array(issued[..<half]), latencyNs: Array(latencies.prefix(half))),
            QueryChunk(first: half, issuedNs: Array(issued[half...]), latencyNs: Array(latencies.dropFirst(half))),
        ]
        for (number, piece) in pieces.enumerated() {
            run.add(JobEvent(number: number + 1, at: "", content: .runner(.queries(piece))))
        }
        run.add(JobEvent(number: 3, at: "", content: .ended(state, failure: nil, maxResidentBytes: nil)))
        return run.finished(at: "", pictures: [])
    }

    private func server(bound: Int64) -> RunSettings {
        RunSettings(
            scenario: "server", minDurationNs: 0, minQueries: 1, targetQueriesPerSecond: 10, latencyBoundNs: bound)
    }

    @Test("Of 100 queries in a single stream two are discarded, and the third slowest is the result")
    func valid() throws {
        let latencies = (0..<100).map { Int64($0 * 37 % 100 + 1) }
        let run = judge(
            RunSettings(minDurationNs: 99, minQueries: 64), issued: (0..<100).map { Int64($0) }, latencies: latencies)
        let judgement = try #require(run.judgement)
        #expect(judgement.isValid && run.scenario == "single-stream")
        #expect(judgement.latencyNs == 98 && judgement.discardedQueries == 2 && judgement.queries == 100)
        #expect(run.queries.map(\.latencyNs) == latencies && run.queries.map(\.index) == Array(0..<100))
    }

    @Test("Each reason is named, with its figures")
    func reasons() throws {
        let short = judge(
            RunSettings(minDurationNs: 3_000_000_000, minQueries: 9), issued: [0, 1_500_000_000], latencies: [1, 2])
        #expect(short.judgement?.reasons.map(\.code) == ["duration", "queries", "early-stopping"])
        #expect(short.judgement?.reasons[0].message == "it lasted 1.5 s of at least 3 s")
        #expect(short.judgement?.latencyNs == nil)
        let late = judge(server(bound: 500_000), issued: [0, 10], latencies: [1_000_000, 1_000_000])
        #expect(late.judgement?.reasons.map(\.code) == ["latency-bound", "early-stopping"])
        #expect(late.judgement?.reasons[0].message == "the p99 latency 1 ms exceeds the bound of 0.5 ms")
    }

    @Test("The longest queue is counted, and who was never answered has waited until the end at least")
    func queue() throws {
        // Served from 0, 10 and 20 to 10, 20 and 30; the fourth never.
        let run = judge(server(bound: 5), issued: [0, 1, 15, 25], latencies: [10, 19, 15])
        let judgement = try #require(run.judgement)
        #expect(judgement.longestQueue == 2 && judgement.unansweredQueries == 1 && judgement.queries == 4)
        #expect(judgement.reasons.map(\.code).contains("unanswered"))
        #expect(run.queries.latenciesNs == [10, 19, 15, 5])
        // Three answers in 30 ns.
        #expect(judgement.samplesPerSecond == 1e8)
        #expect(judge(server(bound: 5), issued: [0, 1, 15, 25], latencies: [2, 3, 2, 1]).judgement?.longestQueue == 2)
        #expect(judge(server(bound: 5), issued: [0, 2, 15, 25], latencies: [2, 3, 2, 1]).judgement?.longestQueue == 1)
    }

    @Test("A run that failed, or whose runner tells no queries, is not judged")
    func unjudged() {
        #expect(judge(server(bound: 5), issued: [0, 1], latencies: [1, 1], state: .failed).judgement == nil)
        #expect(judge(server(bound: 5), issued: [], latencies: []).judgement == nil)
        #expect(judge(server(bound: 5), issued: [], latencies: []).scenario == "server")
    }
}
