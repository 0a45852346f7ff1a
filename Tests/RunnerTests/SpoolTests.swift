import AgentAPI
import TestSupport
import Testing

@testable import AgentRunner

/// What a timed phase is kept in, beyond what is held at once.
@Suite struct SpoolTests {
    @Test("Every value comes back, from what is held, from the file and across", arguments: [1, 8, 5000, 100_000])
    func values(burst: Int) throws {
        let spool = Spool(blank: Int64(-1), burst: burst)
        let count = 3 * Spool<Int64>.held + 17
        for value in 0..<count {
            try spool.append(Int64(value))
            if value % burst == 0 { try spool.flush() }
        }
        #expect(spool.count == count)
        #expect(spool.elements(0..<count) == (0..<Int64(count)).map(\.self))
        let border = 2 * Spool<Int64>.held
        for range in [0..<1, border..<(border + 600), (border - 3)..<(border + 3), (count - 1)..<count, 5..<5] {
            #expect(spool.elements(range) == range.map(Int64.init))
        }
    }

    /// What the real runner says of a run of so many queries, of a small module.
    private func events(_ queries: Int) throws -> [RunnerEvent] {
        var bench = try Bench(bundle: "bundle-candidate")
        bench.job.dataset = nil
        bench.job.settings.minQueries = queries
        let (events, ending) = try bench.run()
        #expect(ending.status == 0, "\(ending.error)")
        return events
    }

    @Test(
        "Samples stay out of the memory that is read of a module: 40,000 take no more than a thousand",
        .enabled(if: !Fixtures.isEmulated, "the memory would be the emulator's"))
    func resident() throws {
        func peak(_ queries: Int) throws -> Int {
            let peaks = try events(queries).compactMap { event in
                if case .phaseFinished(.timed, _, let memory) = event { memory.peakResidentBytes } else { nil }
            }
            return try #require(peaks.first)
        }
        // As values of 32 and 16 bytes they would take 1.9 MB.
        #expect(try peak(40_000) - peak(1000) < 1_000_000)
    }

    @Test("A run of more samples than are held has each of them once, in order")
    func whole() throws {
        var (samples, queries) = (0, 0)
        var last: Int64 = -1
        for event in try events(9001) {
            switch event {
            case .samples(let chunk) where chunk.phase == .timed:
                #expect(chunk.first == samples)
                samples += chunk.computeNs.count
            case .queries(let chunk):
                #expect(chunk.first == queries && chunk.latencyNs.count == chunk.issuedNs.count)
                queries += chunk.issuedNs.count
                for issued in chunk.issuedNs {
                    #expect(issued > last)
                    last = issued
                }
            default: break
            }
        }
        #expect(samples == 9001 && queries == 9001)
    }
}
