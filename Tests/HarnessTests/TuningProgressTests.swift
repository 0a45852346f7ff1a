import AgentAPI
import Testing

@testable import Coordinator
@testable import Commands

@Suite struct TuningProgressTests {
    private static let second: Int64 = 1_000_000_000

    private func event(_ content: TuningEvent.Content) -> TuningEvent { TuningEvent(content, target: "rpi3") }

    private func candidate(_ id: Int, _ layer: String = "64→64 @128") -> CandidateRequest {
        CandidateRequest(id: id, bundle: "b", what: "winograd \(layer): tiles \(id)")
    }

    private func measured(_ id: Int, _ ns: Int64, throttling: String? = nil) -> TuningEvent {
        event(.measured(candidate(id), CandidateTimes(medianNs: ns, lowestNs: ns, calls: 10, throttling: throttling)))
    }

    private func connected() -> TuningEvent {
        let info = AgentInfo(
            agent: .init(instance: "i", startedAt: ""),
            board: .init(architecture: "aarch64", cpuFeatures: [], cores: 4, kernel: "6"))
        return event(.connected(info))
    }

    @Test("The line shows candidates measured of all, the layer's best time and the time left")
    func line() {
        var progress = TuningProgress()
        #expect(progress.line(at: 0, budgetNs: nil) == nil)
        progress.add(connected(), at: 0)
        #expect(progress.line(at: 3 * Self.second, budgetNs: nil) == "rpi3  preparing the search 3 s")
        progress.add(event(.planned(candidates: 20, measured: 10)), at: 10 * Self.second)
        progress.add(measured(1, 940_000), at: 30 * Self.second)
        progress.add(measured(2, 1_500_000), at: 30 * Self.second)
        progress.add(event(.measuring(candidate(3))), at: 30 * Self.second)
        #expect(
            progress.line(at: 30 * Self.second, budgetNs: nil)
                == "rpi3  ██░░░░░░░░░░░░░░░░░░ 2/20 candidates, 3 min left  winograd 64→64 @128: tiles 3 (best so far 940 µs)"
        )
        // A budget that ends before the candidates do limits the time left.
        #expect(progress.line(at: 30 * Self.second, budgetNs: 60 * Self.second)?.contains(", 30 s left") == true)
        progress.add(event(.measuring(candidate(4, "8→1 @32"))), at: 31 * Self.second)
        #expect(progress.line(at: 31 * Self.second, budgetNs: nil)?.hasSuffix("winograd 8→1 @32: tiles 4") == true)
    }

    @Test("A search that reports steps is shown by them: it does not know how many candidates there will be")
    func steps() {
        var progress = TuningProgress()
        progress.add(connected(), at: 0)
        progress.add(event(.planned(candidates: 4, measured: 14)), at: 0)
        let layer = "winograd 64→64 @128"
        progress.add(event(.step(SearchStep(layer: layer, done: 0, total: 4, bestNs: nil))), at: 0)
        #expect(progress.line(at: 0, budgetNs: nil) == "rpi3  ░░░░░░░░░░░░░░░░░░░░ 0/4 layers  winograd 64→64 @128")
        for id in 1...9 { progress.add(measured(id, 12_340_000), at: 0) }
        progress.add(event(.measuring(candidate(10))), at: 0)
        progress.add(event(.step(SearchStep(layer: layer, done: 1, total: 4, bestNs: 12_340_000))), at: 0)
        #expect(
            progress.line(at: 20 * Self.second, budgetNs: nil)
                == "rpi3  █████░░░░░░░░░░░░░░░ 1/4 layers, 60 s left  winograd 64→64 @128: tiles 10 (best so far 12.3 ms)"
        )
    }

    @Test("A measured candidate says whether it is the layer's best, and whether the board was throttled")
    func sentences() {
        var progress = TuningProgress()
        func sentence(_ event: TuningEvent) -> String? {
            progress.add(event, at: 0)
            return progress.sentence(event)
        }
        #expect(sentence(event(.planned(candidates: 3, measured: 0))) == "rpi3: 3 to measure")
        #expect(sentence(measured(1, 12_340_000)) == "rpi3: 1/3 winograd 64→64 @128: tiles 1: 12.3 ms, best so far")
        #expect(
            sentence(measured(2, 13_000_000, throttling: "throttled"))
                == "rpi3: 2/3 winograd 64→64 @128: tiles 2: 13.0 ms, slowed: throttled")
        #expect(
            sentence(event(.unmeasured(candidate(3), Failure(.timeLimit, "it took too long."))))
                == "rpi3: 3/3 winograd 64→64 @128: tiles 3: skipped: it took too long. [time-limit]")
        let chosen = ChosenKernel(layer: "64→64 @128", kernel: "winograd tiles 1", ns: 8e6, defaultNs: 10e6)
        #expect(
            sentence(event(.chosen(chosen)))
                == "rpi3: 64→64 @128: winograd tiles 1, 8.00 ms, 1.25× as fast as the default")
        let same = ChosenKernel(layer: "8→1 @32", kernel: "direct tiles 1", ns: 8e6, defaultNs: 8e6)
        #expect(sentence(event(.chosen(same))) == "rpi3: 8→1 @32: direct tiles 1, 8.00 ms, as fast as the default")
        let summary = TuningSummary(
            database: "models/tuning/rpi3.jsonl", entries: 18, measured: 2, unmeasured: 1, slowed: 1)
        #expect(
            sentence(event(.finished(summary)))
                == "rpi3: models/tuning/rpi3.jsonl: 18 entries; 2 candidates measured, 1 failed on the board; the board was slowed during 1"
        )
    }
}
