import Imaging
import Results
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
        outcome: Outcome = .succeeded,
        emulated: Bool = false, synthetic: Bool = true, reference: Double? = 0.95, failure: String? = nil
    ) throws -> RunDetail {
        var generator = SplitMix64(seed: UInt64(id))
        let samples =
            outcome == .succeeded
            ? (0..<200).map { _ in medianNs + Int64(generator.index(below: Int(medianNs / 10))) } : []
        let dataset = DatasetRecord(
            manifestSHA256: digest, name: "phantom <b>", synthetic: synthetic, source: "made", patients: 2, slices: 2,
            height: side, width: side)
        var bundle = BundleRecord(
            manifestSHA256: digest, name: "unet-\(target)-\(variant)", model: "unet", variant: variant, width: 8,
            depth: 4, parameters: 7, targetName: target, architecture: "x86_64", moduleSHA256: digest,
            moduleSizeBytes: 2 << 20, trainingDataset: "phantom", trainingSynthetic: true,
            createdAt: "2026-01-01T00:00:00Z", manifestJSON: "{}")
        (bundle.checkpointSHA256, bundle.tvmTargetJSON) = (digest, "{\"kind\":\"llvm\"}")
        (bundle.tvmVersion, bundle.frameworkVersion, bundle.sourceCommit) = ("0.27.0", "0.27.0", "abc")
        (bundle.trainingDice, bundle.referenceDice) = (0.9, reference)
        bundle.referenceDatasetSHA256 = reference == nil ? nil : digest
        var facts = Board(architecture: "x86_64", cpuFeatures: [], cores: 2, kernel: "6")
        (facts.cpuModel, facts.memoryBytes) = ("CPU & co", 1 << 30)
        (facts.osName, facts.hypervisor) = ("Debian", "kvm")
        var board = BoardRecord(
            agentInstance: "i", agentVersion: "0.1.0", facts: facts, emulated: emulated, factsJSON: "{}")
        board.tvmVersion = "0.27.0"
        var result = RunResult(
            jobID: "d-\(id)-1", attempt: 1, outcome: outcome, startedAt: "2026-01-01T00:00:00Z",
            endedAt: "2026-01-01T00:01:00Z", device: "cpu:0")
        (result.board, result.effectiveSettingsJSON, result.threads) = (board, "{}", 2)
        (result.warmUpCalls, result.warmUpReason, result.masksDigest) = (10, "stable", digest)
        (result.sentBytes, result.skippedBytes, result.maxResidentBytes) = (1, 2, 41 << 20)
        result.samples = samples.enumerated().map {
            Sample(phase: .timed, index: $0, computeNs: $1, endToEndNs: $1 + 1000)
        }
        if outcome == .succeeded {
            let memory = MemorySnapshot(residentBytes: 1, peakResidentBytes: 2)
            result.phases = [Phase(.load, durationNs: 5_000_000, memory: memory)]
            result.slices = ["p1", "p2"].map { patient in
                var score = SliceScore(
                    patient: patient, index: 1, intersection: intersection, predicted: 100, truth: 100,
                    maskSha256: SHA256Digest(hex: digest)!)
                score.largestPredicted = 100
                return score
            }
            result.pictures = [
                SlicePicture(
                    patient: "p1", sliceIndex: 1, imagePNG: try png((0..<side * side).map { UInt8($0 % 200) }),
                    truthPNG: try png(disc(30, 30, 12)), predictedPNG: try png(disc(32, 30, 12)))
            ]
        } else {
            result.failure = Failure(.timeLimit, failure ?? "")
        }
        var summary = RunSummary(
            id: id, dispatchID: "d", target: target, bundle: bundle.name, variant: variant, outcome: outcome,
            startedAt: result.startedAt, endedAt: result.endedAt, moduleSizeBytes: 2 << 20)
        (summary.ordinal, summary.emulated, summary.synthetic) = (Int(id), emulated, synthetic)
        (summary.failure, summary.cpuModel) = (result.failure, facts.cpuModel)
        (summary.peakResidentBytes, summary.modelMemoryBytes) = (40 << 20, 20 << 20)
        let figures = LatencyFigures(samples)
        (summary.samples, summary.medianNs) = (samples.count, figures?.medianNs)
        (summary.p90Ns, summary.p99Ns) = (figures?.p90Ns, figures?.p99Ns)
        return RunDetail(
            result, summary: summary,
            plan: PlannedRun(
                ordinal: Int(id), targetName: target, bundleManifestSHA256: digest, settingsJSON: "{}"),
            of: DispatchPlan(id: "d", createdAt: "", harnessVersion: "0.1.0", commandJSON: "[]"), bundle: bundle,
            dataset: dataset)
    }

    /// A run that was watched: degraded if there are reasons.
    static func watched(_ id: Int64, degraded: String?, change: (inout HealthReadings) -> Void = { _ in }) throws
        -> RunDetail
    {
        var detail = try run(id, variant: "a", medianNs: 4_000_000)
        var readings = HealthReadings(windowNs: 10_000_000_000, readings: 11)
        change(&readings)
        detail.health = Health(readings, degraded: degraded, limits: HealthLimits())
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
                detail.samples.append(Sample(phase: .timed, index: place, computeNs: ns, endToEndNs: nil))
                detail.queries.append(Query(index: place, issuedNs: answered - ns, latencyNs: ns))
            }
        }
        let divided = WindowedSamples(detail.samples, detail.queries, windowNs: window)
        detail.windows = (divided?.windows ?? []).map { window in
            Window(window, health: health.first { $0.index == window.index })
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
