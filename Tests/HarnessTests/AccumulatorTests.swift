import AgentAPI
import Results
import Statistics
import Store
import TestSupport
import Testing

@testable import Coordinator

@Suite struct AccumulatorTests {
    private func fold(_ contents: [JobEvent.Content]) -> RunResult {
        var accumulator = RunAccumulator(jobID: "j", attempt: 1, device: "cpu:0", startedAt: "t0")
        for (index, content) in contents.enumerated() {
            accumulator.add(JobEvent(number: index + 1, at: "t", content: content))
        }
        return accumulator.finished(at: "t1", pictures: [])
    }

    private func chunk(_ phase: RunPhase, first: Int, _ compute: [Int64], _ whole: [Int64] = []) -> SampleChunk {
        SampleChunk(
            phase: phase, first: first,
            samples: compute.enumerated().map {
                Sample(phase: phase, index: first + $0, computeNs: $1, endToEndNs: whole.isEmpty ? nil : whole[$0])
            })
    }

    @Test("Events become rows: samples by phase and index, phases with memory, the end")
    func folds() {
        let memory = MemorySnapshot(residentBytes: 1, peakResidentBytes: 2)
        let result = fold([
            .queued, .started(processID: 1), .runner(.phaseFinished(.load, durationNs: 5, memory: memory)),
            .runner(.samples(chunk(.warmUp, first: 0, [9]))),
            .runner(.samples(chunk(.timed, first: 0, [1, 2], [3, 4]))),
            .runner(.samples(chunk(.timed, first: 2, [5], [6]))),
            .runner(.warmedUp(calls: 1, reason: "call-limit")), .ended(.succeeded, failure: nil, maxResidentBytes: 77),
        ])
        #expect(result.outcome == .succeeded && result.failure == nil && result.maxResidentBytes == 77)
        #expect(
            result.samples == [
                Sample(phase: .warmUp, index: 0, computeNs: 9, endToEndNs: nil),
                Sample(phase: .timed, index: 0, computeNs: 1, endToEndNs: 3),
                Sample(phase: .timed, index: 1, computeNs: 2, endToEndNs: 4),
                Sample(phase: .timed, index: 2, computeNs: 5, endToEndNs: 6),
            ])
        #expect(result.phases == [Phase(.load, durationNs: 5, memory: memory)])
        #expect(result.warmUpCalls == 1 && result.warmUpReason == "call-limit")
    }

    @Test("A GPU's copies and memory are kept with each sample and phase")
    func gpu() {
        let memory = MemorySnapshot(residentBytes: 1, peakResidentBytes: 2, deviceBytes: 3)
        var samples = chunk(.timed, first: 0, [1, 2], [7, 8])
        for place in samples.samples.indices {
            samples.samples[place].hostToDeviceNs = Int64(3 + place)
            samples.samples[place].deviceToHostNs = Int64(5 + place)
        }
        let result = fold([
            .runner(.phaseFinished(.load, durationNs: 5, memory: memory)), .runner(.samples(samples)),
        ])
        #expect(result.phases.map(\.memory?.deviceBytes) == [3])
        #expect(result.samples == samples.samples)
    }

    /// What a board's two answers around a run make of its row.
    private func throttling(
        _ before: BoardConditions?, _ after: BoardConditions?, on device: String = "cuda:0"
    ) -> (String?, hasJSON: Bool) {
        let record = ConditionsRecord(before: before, after: after)
        return (record.throttling(on: device), record.json != nil)
    }

    @Test("Throttling before, after or during a run is reported, and throttling that may have been earlier as such")
    func throttled() {
        func pi(_ now: [String], _ sinceBoot: [String]) -> BoardConditions {
            BoardConditions { $0.throttling = .init(now: now, sinceBoot: sinceBoot) }
        }
        #expect(throttling(nil, nil) == (nil, false))
        #expect(throttling(pi([], []), pi([], [])) == (nil, true))
        #expect(throttling(pi([], ["throttled"]), pi([], ["throttled"])).0 == "throttled (before this run or in it)")
        #expect(throttling(pi(["throttled"], ["throttled"]), pi([], ["throttled"])).0 == "throttled")
        #expect(throttling(pi(["under-voltage"], []), nil) == ("under-voltage", true))
        #expect(
            throttling(pi([], []), pi(["throttled"], ["throttled", "under-voltage"])).0 == "throttled, under-voltage")
        func counted(_ events: Int) -> BoardConditions { BoardConditions { $0.throttleEvents = events } }
        #expect(throttling(counted(7), counted(7)).0 == nil)
        #expect(throttling(counted(7), counted(9)).0 == "thermal-throttling")
        let slowed = BoardConditions {
            $0.gpus = [.init(device: "cuda:0") { $0.throttleReasons = ["gpu-idle", "sw-power-cap"] }]
        }
        #expect(throttling(nil, slowed).0 == "sw-power-cap")
        #expect(throttling(nil, slowed, on: "cpu:0").0 == nil)
        func violations(_ power: Int, _ thermal: Int?) -> BoardConditions {
            BoardConditions {
                $0.gpus = [.init(device: "cuda:0") { ($0.powerViolationNs, $0.thermalViolationNs) = (power, thermal) }]
            }
        }
        #expect(throttling(violations(5, 7), violations(5, 7)).0 == nil)
        #expect(throttling(violations(5, nil), violations(6, nil)).0 == "gpu-power-limit")
        #expect(throttling(violations(5, 7), violations(6, 8)).0 == "gpu-power-limit, gpu-thermal-limit")
    }

    @Test("Health is judged by the target's limits, with the samples' drift and what the board said around the run")
    func health() throws {
        var readings = HealthReadings(windowNs: 10_000_000_000, readings: 11)
        (readings.externalLoadCores, readings.throttling) = (0.5, ["under-voltage"])
        let rising = (0..<100).map { 1000 + Int64($0) * 4 }
        func health(_ limits: HealthLimits, _ after: BoardConditions?) -> Health? {
            var accumulator = RunAccumulator(jobID: "j", attempt: 1, device: "cpu:0", startedAt: "t0")
            accumulator.prepared(limits: limits, idleWait: IdleWait(condition: "60C", waitedNs: 7, shortfall: nil))
            accumulator.add(JobEvent(number: 1, at: "t", content: .health(readings)))
            let chunk = chunk(.timed, first: 0, rising)
            accumulator.add(JobEvent(number: 2, at: "t", content: .runner(.samples(chunk))))
            accumulator.askedAgain(after)
            return accumulator.finished(at: "t1", pictures: []).health
        }
        let after = BoardConditions { $0.throttling = .init(now: ["under-voltage", "throttled"], sinceBoot: []) }
        let strict = try #require(health(HealthLimits(), after))
        #expect(
            strict.degraded
                == "others took 50.0% of a core (limit 10%); under-voltage; drifted +28.6% (limit 5%); throttled")
        #expect(strict.limitsJSON.contains("\"foreign_load_percent\":10") && strict.idleWait?.waitedNs == 7)
        var loose = HealthLimits()
        (loose.foreignLoadPercent, loose.driftPercent) = (100, 50)
        readings.throttling = []
        #expect(try #require(health(loose, nil)).degraded == nil)
        #expect(fold([.queued]).health == nil)
    }

    @Test("A log without an end is a run that was lost")
    func lost() {
        let result = fold([.queued])
        #expect(result.outcome == .lost && result.failure?.code == .lost)
    }

    @Test("A failure keeps its code and its message")
    func failed() {
        let result = fold([.ended(.timedOut, failure: Failure(.timeLimit, "too long"), maxResidentBytes: nil)])
        #expect(result.outcome == .timedOut && result.failure == Failure(.timeLimit, "too long"))
    }

    @Test("Pictures go from the worst slice with tumour to the best, and one without")
    func pictures() {
        func mask(_ index: Int, _ intersection: Int, _ predicted: Int, _ truth: Int) -> SliceScore {
            let digest = SHA256Digest(of: [UInt8(index)])
            var score = SliceScore(
                patient: "p", index: index, intersection: intersection, predicted: predicted, truth: truth,
                maskSha256: digest)
            score.pngSha256 = digest
            return score
        }
        let masks = (0..<20).map { mask($0, $0, 20, 20) } + [mask(50, 0, 0, 0), mask(51, 0, 9, 0)]
        #expect(PictureChooser.choose(masks).map(\.index) == [0, 4, 9, 14, 19, 51])
        #expect(PictureChooser.choose([mask(1, 1, 1, 1)]).map(\.index) == [1])
        #expect(PictureChooser.choose([]).isEmpty)
    }
}
