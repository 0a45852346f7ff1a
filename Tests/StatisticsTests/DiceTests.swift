import Statistics
import Testing

@Suite struct DiceTests {
    @Test(
        "Dice is twice the overlap over the sum of sizes, and 1 for two empty masks",
        arguments: [
            ([0, 0, 0, 0], [0, 0, 0, 0], 1.0), ([1, 1, 0, 0], [0, 0, 0, 0], 0.0), ([0, 0, 0, 0], [0, 1, 0, 0], 0.0),
            ([1, 1, 0, 0], [1, 0, 0, 0], 2.0 / 3), ([1, 255, 0, 0], [255, 7, 0, 0], 1.0),
        ] as [([UInt8], [UInt8], Double)])
    func dice(predicted: [UInt8], truth: [UInt8], expected: Double) {
        #expect(DiceCounts(predicted: predicted, truth: truth).dice == expected)
    }

    @Test("A patient's slices are pooled before patients are averaged")
    func policies() throws {
        let slices = [
            ("a", DiceCounts(intersection: 10, predicted: 10, truth: 10)),
            ("a", DiceCounts(intersection: 0, predicted: 5, truth: 0)),
            ("b", DiceCounts(intersection: 0, predicted: 0, truth: 0)),
            ("b", DiceCounts(intersection: 1, predicted: 2, truth: 2)),
        ]
        let summary = try #require(DiceSummary(slices))
        #expect(abs(summary.patientMean - 0.65) < 1e-15)
        #expect(summary.sliceMeanEmptyOne == 0.625)
        #expect(summary.sliceMeanTumourOnly == 0.75)
        #expect(summary.patients.map(\.id) == ["a", "b"])
        #expect(DiceSummary([]) == nil)
    }

    @Test("Without tumour there is no mean over slices with tumour")
    func noTumour() throws {
        let summary = try #require(DiceSummary([("a", DiceCounts())]))
        #expect(summary.sliceMeanTumourOnly == nil)
        #expect(summary.patientMean == 1)
    }

    @Test("The gate requires a share of the reference's Dice")
    func gate() {
        #expect(AccuracyGate().passes(dice: 0.891, reference: 0.9))
        #expect(!AccuracyGate().passes(dice: 0.890, reference: 0.9))
        #expect(!AccuracyGate(share: 0.999).passes(dice: 0.898, reference: 0.9))
    }
}

@Suite struct ConnectedComponentTests {
    @Test("Only the largest component is kept, and corners connect across slices")
    func largest() {
        // Two slices of 3 × 3: a diagonal chain of 3 through both, and a pair.
        let volume: [UInt8] = [
            1, 0, 0, 0, 1, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 1,
        ]
        #expect(ConnectedComponents.keepingLargest(volume, slices: 2, height: 3, width: 3) == volume)
        let apart: [UInt8] = [1, 1, 0, 0, 0, 0, 0, 0, 1]
        #expect(
            ConnectedComponents.keepingLargest(apart, slices: 1, height: 3, width: 3) == [1, 1, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test("An empty volume stays empty")
    func empty() {
        #expect(ConnectedComponents.keepingLargest([0, 0], slices: 1, height: 1, width: 2) == [0, 0])
    }

    @Test("A component that covers a whole volume does not overflow the stack")
    func full() {
        let volume = [UInt8](repeating: 1, count: 8 * 64 * 64)
        #expect(ConnectedComponents.keepingLargest(volume, slices: 8, height: 64, width: 64) == volume)
    }
}

@Suite struct WarmUpTests {
    private func run(_ latencies: [Int64], maxCalls: Int = 100, maxDurationNs: Int64 = 1_000_000) -> (
        Int, WarmUp.Reason?
    ) {
        var warmUp = WarmUp(maxCalls: maxCalls, maxDurationNs: maxDurationNs)
        for latency in latencies {
            if let reason = warmUp.add(latency) { return (warmUp.samples.count, reason) }
        }
        return (warmUp.samples.count, nil)
    }

    @Test("Steady latencies are stable as soon as two windows are full")
    func steady() {
        #expect(run([Int64](repeating: 100, count: 50)) == (10, .stable))
    }

    @Test("Warm-up goes on while latencies fall")
    func falling() {
        let falling = (0..<20).map { Int64(1000 - 40 * $0) }
        #expect(run(falling + [Int64](repeating: 200, count: 50)) == (28, .stable))
    }

    @Test("Latencies that never stabilise end at the limits, after at least one call")
    func limits() {
        let alternating = (0..<200).map { Int64($0 / 5 % 2 == 0 ? 100 : 200) }
        #expect(run(alternating, maxCalls: 7) == (7, .callLimit))
        #expect(run([5000], maxDurationNs: 1) == (1, .timeLimit))
        #expect(run([5000], maxCalls: 0, maxDurationNs: 1_000_000) == (1, .callLimit))
    }
}
