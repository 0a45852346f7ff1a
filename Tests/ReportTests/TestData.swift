import Imaging
import Statistics
import Store

/// Runs as a database would give them, with pictures.
enum TestData {
    static let digest = String(repeating: "cd", count: 32)
    static let side = 64

    static func disc(_ x: Int, _ y: Int, _ radius: Int) -> [UInt8] {
        (0..<side * side).map { pixel in
            let (dx, dy) = (pixel % side - x, pixel / side - y)
            return dx * dx + dy * dy <= radius * radius ? 255 : 0
        }
    }

    static func png(_ pixels: [UInt8]) throws -> [UInt8] {
        try PNG.encode(Raster(width: side, height: side, channels: 1, pixels: pixels))
    }

    static func run(
        _ id: Int64, target: String = "x86", variant: String, medianNs: Int64, dice intersection: Int = 95,
        outcome: RunOutcome = .succeeded,
        emulated: Bool = false, synthetic: Bool = true, reference: Double? = 0.95, failure: String? = nil
    ) throws -> RunDetail {
        var generator = SplitMix64(seed: UInt64(id))
        let samples =
            outcome == .succeeded
            ? (0..<200).map { _ in medianNs + Int64(generator.index(below: Int(medianNs / 10))) } : []
        let dataset = DatasetRecord(
            manifestSHA256: digest, name: "phantom <b>", synthetic: synthetic, source: "made", patients: 2, slices: 2,
            height: side, width: side)
        let bundle = BundleRecord(
            manifestSHA256: digest, name: "unet-\(target)-\(variant)", model: "unet", variant: variant, width: 8,
            depth: 4, parameters: 7,
            checkpointSHA256: digest, targetName: target, architecture: "x86_64", tvmTargetJSON: "{\"kind\":\"llvm\"}",
            tvmVersion: "0.27.0",
            moduleSHA256: digest, moduleSizeBytes: 2 << 20, threshold: 0.5, trainingDataset: "phantom",
            trainingSynthetic: true, trainingDice: 0.9,
            referenceDice: reference, referenceDatasetSHA256: reference == nil ? nil : digest, sourceCommit: "abc",
            createdAt: "2026-01-01T00:00:00Z",
            manifestJSON: "{}")
        let board = BoardRecord(
            agentInstance: "i", agentVersion: "0.1.0", model: nil, cpuModel: "CPU & co", architecture: "x86_64",
            cores: 2,
            memoryBytes: 1 << 30, osName: "Debian",
            kernel: "6", hypervisor: "kvm", governor: nil, emulated: emulated, tvmVersion: "0.27.0", factsJSON: "{}")
        let sorted = samples.sorted()
        let summary = RunSummary(
            id: id, dispatchID: "d", ordinal: Int(id), attempt: 1, target: target, bundle: bundle.name,
            variant: variant, outcome: outcome,
            failureCode: outcome == .succeeded ? nil : "time-limit", failureMessage: failure,
            startedAt: "2026-01-01T00:00:00Z",
            endedAt: "2026-01-01T00:01:00Z", emulated: emulated, synthetic: synthetic, cpuModel: board.cpuModel,
            samples: samples.count,
            medianNs: Percentiles.median(sorted: sorted), p90Ns: Percentiles.value(sorted: sorted, 0.9),
            p99Ns: Percentiles.value(sorted: sorted, 0.99),
            peakResidentBytes: 40 << 20, modelMemoryBytes: 20 << 20, moduleSizeBytes: 2 << 20, dicePatientMean: nil,
            label: nil)
        let slices = ["p1", "p2"].map { patient in
            SliceRecord(
                patient: patient, sliceIndex: 1, intersection: intersection, predicted: 100, truth: 100,
                largestIntersection: intersection,
                largestPredicted: 100, maskSHA256: digest)
        }
        let picture = SlicePicture(
            patient: "p1", sliceIndex: 1, imagePNG: try png((0..<side * side).map { UInt8($0 % 200) }),
            truthPNG: try png(disc(30, 30, 12)),
            predictedPNG: try png(disc(32, 30, 12)))
        let isDone = outcome == .succeeded
        return RunDetail(
            summary: summary, bundle: bundle, dataset: dataset, board: board, jobID: "d-\(id)-1", device: "cpu:0",
            requestedSettingsJSON: "{}",
            effectiveSettingsJSON: "{}", threads: 2, warmUpCalls: 10, warmUpReason: "stable", sentBytes: 1,
            skippedBytes: 2, maxResidentBytes: 41 << 20,
            masksDigest: digest, harnessVersion: "0.1.0", harnessCommit: nil, commandJSON: "[]",
            phases: isDone
                ? [Phase(name: "load", durationNs: 5_000_000, residentBytes: 1, peakResidentBytes: 2)] : [],
            samples: samples.enumerated().map {
                Sample(phase: "timed", index: $0, computeNs: $1, endToEndNs: $1 + 1000)
            },
            slices: isDone ? slices : [], pictures: isDone ? [picture] : [])
    }

    /// A run that was watched: degraded if there are reasons.
    static func watched(_ id: Int64, degraded: String?, change: (inout HealthReadings) -> Void = { _ in }) throws
        -> RunDetail
    {
        var detail = try run(id, variant: "a", medianNs: 4_000_000)
        var readings = HealthReadings(windowNs: 10_000_000_000, readings: 11)
        change(&readings)
        detail.health = Health(readings: readings, degraded: degraded, limitsJSON: "{}")
        return detail
    }

    /// A run of a second a window, of which each has its own median, with what the board said meanwhile.
    static func long(_ id: Int64, variant: String, medians: [Int64], health: [HealthWindow] = []) throws -> RunDetail {
        var detail = try run(id, variant: variant, medianNs: medians[0])
        var generator = SplitMix64(seed: UInt64(id))
        let window: Int64 = 1_000_000_000
        let perWindow = 60
        (detail.samples, detail.queries) = ([], [])
        for (index, median) in medians.enumerated() {
            for number in 1...perWindow {
                let place = detail.samples.count
                let ns = median + Int64(generator.index(below: Int(median / 100)))
                let answered = Int64(index) * window + window * Int64(number) / Int64(perWindow) - 1
                detail.samples.append(Sample(phase: "timed", index: place, computeNs: ns, endToEndNs: nil))
                detail.queries.append(Query(index: place, issuedNs: answered - ns, latencyNs: ns))
            }
        }
        let divided = WindowedSamples(detail.samples, detail.queries, windowNs: window)
        detail.windows = (divided?.windows ?? []).map { window in
            Window(latency: window, health: health.first { $0.index == window.index })
        }
        return detail
    }

    /// A fleet with a winner, one below the gate, an emulated board and a failure.
    static func fleet() throws -> [RunDetail] {
        [
            try run(1, variant: "fp32-direct", medianNs: 9_000_000),
            try run(2, variant: "fp32-winograd", medianNs: 4_000_000),
            try run(3, variant: "int8", medianNs: 2_000_000, dice: 80),
            try run(4, target: "rpi3", variant: "fp32-direct", medianNs: 900_000_000, emulated: true),
            try run(
                5, target: "cuda", variant: "fp32-direct", medianNs: 1, outcome: .failed,
                failure: "the agent <is> not reachable"),
        ]
    }
}
