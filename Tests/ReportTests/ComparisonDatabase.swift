import Results
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
        var outcome = Outcome.succeeded
        var emulated = false
        var scenario = Scenario.singleStream
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
        var bundle = BundleRecord(
            manifestSHA256: Self.digest(key), name: key, model: "unet", variant: run.variant, width: 8, depth: 3,
            parameters: 1, targetName: run.target, architecture: "x86_64", moduleSHA256: Self.digest(run.module),
            moduleSizeBytes: run.moduleSize, trainingDataset: "phantom", trainingSynthetic: true,
            createdAt: "2026-01-01T00:00:00Z", manifestJSON: "{}")
        (bundle.tvmVersion, bundle.frameworkVersion, bundle.sourceCommit) = ("0.27.0", "0.27.0", commit)
        return bundle
    }

    /// Stores a dispatch with these runs; says their numbers.
    @discardableResult
    func add(
        _ id: String, label: String? = nil, commit: String = "aaaa1111", day: String = "2026-11-01", _ runs: [Run]
    ) async throws -> [Int64] {
        let dataset = DatasetRecord(
            manifestSHA256: Self.digest("data"), name: "phantom", synthetic: true, source: "made", patients: 3,
            slices: 3, height: 4, width: 4)
        var plan = DispatchPlan(
            id: id, createdAt: "\(day)T00:00:00.000Z", harnessVersion: "0", commandJSON: "[]")
        (plan.label, plan.datasetManifestSHA256, plan.dataset) = (label, dataset.manifestSHA256, dataset)
        plan.bundles = runs.map { bundle($0, commit: commit) }
        plan.runs = runs.enumerated().map {
            PlannedRun(
                ordinal: $0, targetName: $1.target, bundleManifestSHA256: bundle($1, commit: commit).manifestSHA256,
                settingsJSON: "{\"scenario\":\"\($1.scenario.rawValue)\"}")
        }
        try await store.begin(plan)
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
            return Sample(phase: .timed, index: index, computeNs: ns, endToEndNs: ns + 500_000)
        }
        var facts = Board(architecture: "x86_64", cpuFeatures: [], cores: 2, kernel: "6")
        facts.cpuModel = "CPU"
        var board = BoardRecord(
            agentInstance: "i", agentVersion: "1", facts: facts, emulated: run.emulated,
            factsJSON: "{\"emulated\":\(run.emulated)}")
        board.tvmVersion = "0.27.0"
        var result = RunResult(
            jobID: "\(id)-\(ordinal)-1", attempt: 1, outcome: run.outcome, startedAt: "\(day)T12:00:00.000Z",
            endedAt: "\(day)T12:00:10.000Z", device: "cpu:0")
        (result.board, result.scenario) = (board, run.scenario)
        guard done else {
            result.failure = Failure(.timeLimit, "too long")
            return result
        }
        (result.threads, result.masksDigest) = (run.threads, Self.digest("masks\(run.intersection)"))
        let memory = MemorySnapshot(
            residentBytes: 1 << 20, peakResidentBytes: Int(Double(run.peakBytes) * run.shift))
        result.phases = [Phase(.load, durationNs: Int64(5_000_000 * run.shift), memory: memory)]
        result.samples = samples
        result.slices = run.intersection.enumerated().map {
            var score = SliceScore(
                patient: "p\($0)", index: 1, intersection: $1, predicted: 100, truth: 100,
                maskSha256: SHA256Digest(hex: Self.digest("fa5c"))!)
            score.largestPredicted = 100
            return score
        }
        return result
    }
}
