import AgentAPI
import Statistics
import TestSupport
import Testing

/// The real runner in each scenario, on the module that does nothing.
@Suite(.serialized) struct ScenarioTests {
    private struct Trace {
        var queries: QueryChunk
        var samples: SampleChunk

        /// When each query was answered.
        var answered: [Int64] { zip(queries.issuedNs, queries.latencyNs).map { $0 + $1 } }
    }

    private func run(
        withData: Bool = false, _ scenario: Scenario, _ change: (inout RunSettings) -> Void = { _ in }
    ) throws -> Trace {
        var bench = try Bench(bundle: "bundle-null")
        if !withData { bench.job.dataset = nil }
        bench.job.settings.scenario = scenario.rawValue
        change(&bench.job.settings)
        let (events, ending) = try bench.run()
        #expect(ending.status == 0 && events.last == .done, "\(ending.output.suffix(300)) \(ending.error)")
        var trace = Trace(queries: .init(first: 0, queries: []), samples: .init(phase: .timed, first: 0, samples: []))
        for event in events {
            switch event {
            case .queries(let chunk):
                #expect(chunk.first == trace.queries.issuedNs.count)
                trace.queries.queries += chunk.queries
            case .samples(let chunk) where chunk.phase == .timed:
                trace.samples.samples += chunk.samples
            default: break
            }
        }
        return trace
    }

    @Test("Single-stream: a sample a query, until one is issued after the minimum duration")
    func singleStream() throws {
        let least: Int64 = 20_000_000
        let trace = try run(.singleStream) { $0.minDurationNs = least }
        let issued = trace.queries.issuedNs
        #expect(issued.count == trace.samples.computeNs.count && issued.count == trace.queries.latencyNs.count)
        #expect(try #require(issued.last) >= least)
        #expect(issued.dropLast().dropFirst(5).allSatisfy { $0 < least })
        // The next is issued when the last has been answered.
        #expect(zip(trace.answered, issued.dropFirst()).allSatisfy { $0 <= $1 })
        let most = try run(.singleStream) {
            $0.minDurationNs = 1_000_000_000_000
            $0.maxQueries = 7
        }
        #expect(most.queries.issuedNs.count == 7)
    }

    @Test("Multi-stream: eight samples a query, and it has taken as long as all of them")
    func multiStream() throws {
        let trace = try run(.multiStream)
        #expect(trace.queries.issuedNs.count == 5 && trace.samples.computeNs.count == 40)
        for (query, latency) in trace.queries.latencyNs.enumerated() {
            #expect(latency >= trace.samples.endToEndNs[(query * 8)..<(query * 8 + 8)].reduce(0, +))
        }
        #expect(try run(.multiStream) { $0.samplesPerQuery = 3 }.samples.computeNs.count == 15)
    }

    @Test("Server: the seed's schedule, and no query is served before it has arrived")
    func server() throws {
        func serve(seed: UInt64) throws -> Trace {
            try run(.server) {
                $0.seed = seed
                $0.minQueries = 40
                $0.minDurationNs = 50_000_000
                $0.targetQueriesPerSecond = 400
                $0.latencyBoundNs = 100_000_000_000
            }
        }
        let (first, again, other) = (try serve(seed: 3), try serve(seed: 3), try serve(seed: 4))
        let schedule = ArrivalSchedule(seed: 3, rate: 400, minQueries: 40, minDurationNs: 50_000_000)
        #expect(first.queries.issuedNs == schedule.offsetsNs && again.queries.issuedNs == schedule.offsetsNs)
        #expect(other.queries.issuedNs != schedule.offsetsNs)
        #expect(first.queries.latencyNs.count == schedule.offsetsNs.count)
        #expect(zip(first.queries.latencyNs, first.samples.endToEndNs).allSatisfy { $0 >= $1 })
    }

    @Test("A module slower than its queries arrive: every latency includes the wait in the queue, and so they grow")
    func coordinatedOmission() throws {
        let trace = try run(.server) {
            $0.minQueries = 100
            $0.targetQueriesPerSecond = 1e6
            $0.latencyBoundNs = 100_000_000_000
        }
        let (latencies, served) = (trace.queries.latencyNs, trace.samples.endToEndNs)
        #expect(latencies.count == 100 && trace.queries.issuedNs.count == 100)
        #expect(zip(latencies, latencies.dropFirst()).allSatisfy { $0 < $1 })
        #expect(try #require(latencies.last) > served.dropFirst(50).reduce(0, +))
    }

    @Test("A queue that is too long to be answered in time is abandoned, and reported as unanswered")
    func unanswered() throws {
        let trace = try run(.server) {
            $0.minQueries = 100
            $0.targetQueriesPerSecond = 1e6
            $0.latencyBoundNs = 1
        }
        #expect(trace.queries.issuedNs.count == 100)
        #expect((1..<100).contains(trace.queries.latencyNs.count))
        #expect(trace.samples.computeNs.count == trace.queries.latencyNs.count)
    }

    @Test("Offline: one query of all samples, at least one pass over the data set")
    func offline() throws {
        let trace = try run(withData: true, .offline)
        let slices = try Fixtures.dataset().patients.flatMap(\.slices).count
        #expect(trace.samples.computeNs.count == max(5, slices))
        #expect(trace.queries.issuedNs.allSatisfy { $0 == 0 })
        #expect(zip(trace.queries.latencyNs, trace.queries.latencyNs.dropFirst()).allSatisfy { $0 < $1 })
        #expect(try run(.offline).samples.computeNs.count == 64)
        #expect(try run(.offline) { $0.samplesPerQuery = 9 }.samples.computeNs.count == 9)
        // As many as probably fill the least duration.
        #expect(
            try run(.offline) {
                $0.minDurationNs = 10_000_000_000; $0.maxQueries = 100
            }.queries.latencyNs.count == 100)
    }

    @Test("Settings of a scenario that do not fit it are refused")
    func refused() throws {
        for change: (inout RunSettings) -> Void in [
            { $0.scenario = "streams" }, { $0.scenario = "server" }, { $0.latencyBoundNs = 5 },
            { $0.samplesPerQuery = 2 },
        ] {
            var bench = try Bench(bundle: "bundle-null")
            change(&bench.job.settings)
            #expect(try bench.failure().code == .invalidRequest)
        }
    }
}
