import Statistics
import Store
import TestSupport

/// A real database, filled through the store's own API.
struct ComparisonDatabase {
    /// A run, and in what it differs from the others.
    struct Run {
        var variant = "fp32"
        var target = "x86"
        var module = "m1"
        var moduleSize = 4096
        var threads: Int? = 2
        var medianNs: Int64 = 1_000_000
        /// The run's own place beside it, as runs of one module differ.
        var shift = 1.0
        var peakBytes = 50 << 20
        var intersection = [80, 90, 70]
        var outcome = RunOutcome.succeeded
        var emulated = false
        var scenario = "single-stream"
        var count = 200
    }

    let folder: TemporaryFolder
    let store: ResultsStore
    var path: String { "\(folder.path)/r.sqlite" }

    init() throws {
        folder = try TemporaryFolder()
        store = try ResultsStore(path: "\(folder.path)/r.sqlite", mode: .readWrite)
    }

    private static func digest(_ text: String) -> String { text + String(repeating: "0", count: 64 - text.count) }

    private func bundle(_ run: Run, commit: String) -> BundleRecord {
        let key = "\(run.target)-\(run.variant)-\(run.module)-\(commit)"
        return BundleRecord(
            manifestSHA256: Self.digest(key), name: key, model: "unet", variant: run.variant, width: 8, depth: 3,
            parameters: 1, checkpointSHA256: nil, targetName: run.target, architecture: "x86_64", tvmTargetJSON: "{}",
            tvmVersion: "0.27.0", moduleSHA256: Self.digest(run.module), moduleSizeBytes: run.moduleSize,
            threshold: 0.5,
            trainingDataset: "phantom", trainingSynthetic: true, trainingDice: nil, referenceDice: nil,
            referenceDatasetSHA256: nil, sourceCommit: commit, createdAt: "2026-01-01T00:00:00Z", manifestJSON: "{}")
    }

    /// Stores a dispatch with these runs; says their numbers.
    @discardableResult
    func add(
        _ id: String, label: String? = nil, commit: String = "aaaa1111", day: String = "2026-11-01", _ runs: [Run]
    ) async throws -> [Int64] {
        let dataset = DatasetRecord(
            manifestSHA256: Self.digest("data"), name: "phantom", synthetic: true, source: "made", patients: 3,
            slices: 3, height: 4, width: 4)
        try await store.begin(
            DispatchPlan(
                id: id, createdAt: "\(day)T00:00:00.000Z", harnessVersion: "0", harnessCommit: nil, commandJSON: "[]",
                label: label, datasetManifestSHA256: dataset.manifestSHA256,
                bundles: runs.map { bundle($0, commit: commit) }, dataset: dataset,
                runs: runs.enumerated().map {
                    PlannedRun(
                        ordinal: $0, targetName: $1.target,
                        bundleManifestSHA256: bundle($1, commit: commit).manifestSHA256,
                        settingsJSON: "{\"scenario\":\"\($1.scenario)\"}")
                }))
        var numbers: [Int64] = []
        for (ordinal, run) in runs.enumerated() {
            numbers.append(
                try await store.record(result(run, id, ordinal, day: day), dispatch: id, ordinal: ordinal))
        }
        return numbers
    }

    private func result(_ run: Run, _ id: String, _ ordinal: Int, day: String) -> RunResult {
        let done = run.outcome == .succeeded
        var generator = SplitMix64(seed: UInt64(ordinal))
        let centre = Double(run.medianNs) * run.shift
        let samples = (0..<run.count).map { index in
            let ns = Int64(centre * (1 + Double(generator.index(below: 1001)) / 1e5))
            return Sample(phase: "timed", index: index, computeNs: ns, endToEndNs: ns + 500_000)
        }
        return RunResult(
            jobID: "\(id)-\(ordinal)-1", attempt: 1, outcome: run.outcome, failureCode: done ? nil : "time-limit",
            failureMessage: done ? nil : "too long", startedAt: "\(day)T12:00:00.000Z",
            endedAt: "\(day)T12:00:10.000Z",
            board: BoardRecord(
                agentInstance: "i", agentVersion: "1", model: nil, cpuModel: "CPU", architecture: "x86_64", cores: 2,
                memoryBytes: nil, osName: nil, kernel: "6", hypervisor: nil, governor: nil, emulated: run.emulated,
                tvmVersion: "0.27.0", factsJSON: "{\"emulated\":\(run.emulated)}"),
            device: "cpu:0", effectiveSettingsJSON: done ? "{\"scenario\":\"\(run.scenario)\"}" : nil,
            threads: done ? run.threads : nil, masksDigest: done ? Self.digest("masks\(run.intersection)") : nil,
            phases: done
                ? [
                    Phase(
                        name: "load", durationNs: Int64(5_000_000 * run.shift), residentBytes: 1 << 20,
                        peakResidentBytes: Int(Double(run.peakBytes) * run.shift))
                ] : [],
            samples: done ? samples : [],
            slices: done
                ? run.intersection.enumerated().map {
                    SliceRecord(
                        patient: "p\($0)", sliceIndex: 1, intersection: $1, predicted: 100, truth: 100,
                        largestIntersection: $1, largestPredicted: 100, maskSHA256: Self.digest("mask"))
                } : [])
    }
}
