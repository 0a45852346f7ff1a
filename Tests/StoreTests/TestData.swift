import Results
import Statistics
import Store

/// Plausible records for a database.
enum TestData {
    static let digest = String(repeating: "ab", count: 32)

    static func bundle(_ name: String = "unet-x86-fp32", target: String = "x86") -> BundleRecord {
        var bundle = BundleRecord(
            manifestSHA256: name + digest.dropLast(name.count), name: name, model: "unet", variant: "fp32", width: 8,
            depth: 4, parameters: 1000, targetName: target, architecture: "x86_64", moduleSHA256: digest,
            moduleSizeBytes: 4096, trainingDataset: "phantom", trainingSynthetic: true,
            createdAt: "2026-01-01T00:00:00Z", manifestJSON: "{}")
        (bundle.checkpointSHA256, bundle.referenceDatasetSHA256) = (digest, digest)
        (bundle.tvmVersion, bundle.frameworkVersion) = ("0.27.0", "0.27.0")
        (bundle.trainingDice, bundle.referenceDice) = (0.9, 0.8)
        return bundle
    }

    static let dataset = DatasetRecord(
        manifestSHA256: digest, name: "phantom", synthetic: true, source: "made", patients: 2, slices: 3, height: 4,
        width: 4)

    static let board: BoardRecord = {
        var facts = Board(architecture: "x86_64", cpuFeatures: [], cores: 2, kernel: "6")
        (facts.model, facts.cpuModel) = ("Board", "CPU")
        var board = BoardRecord(
            agentInstance: "i", agentVersion: "1", facts: facts, emulated: false, factsJSON: "{\"a\":1}")
        board.tvmVersion = "0.27.0"
        return board
    }()

    static func plan(_ id: String = "d1", runs: Int = 2, createdAt: String = "2026-01-01T00:00:00Z") -> DispatchPlan {
        var plan = DispatchPlan(
            id: id, createdAt: createdAt, harnessVersion: "0.1.0", commandJSON: "[\"--bundle\",\"b\"]")
        (plan.harnessCommit, plan.requestJSON, plan.label) = ("c0ffee", "{}", "a, \"label\"")
        (plan.datasetManifestSHA256, plan.bundles, plan.dataset) = (digest, [bundle()], dataset)
        plan.runs = (0..<runs).map {
            PlannedRun(
                ordinal: $0, targetName: "x86", bundleManifestSHA256: bundle().manifestSHA256, settingsJSON: "{}")
        }
        return plan
    }

    static func result(
        _ job: String = "d1-0-1", attempt: Int = 1, outcome: Outcome = .succeeded, samples: [Int64] = [10, 30, 20, 40]
    ) -> RunResult {
        var result = RunResult(
            jobID: job, attempt: attempt, outcome: outcome, startedAt: "2026-01-01T00:00:01Z",
            endedAt: "2026-01-01T00:00:02Z", device: "cpu:0")
        result.board = board
        (result.effectiveSettingsJSON, result.threads, result.maxResidentBytes) = ("{}", 2, 7000)
        (result.warmUpCalls, result.warmUpReason) = (3, "stable")
        (result.sentBytes, result.skippedBytes, result.masksDigest) = (5, 6, digest)
        result.phases = [
            Phase(.transfer, durationNs: 1),
            Phase(.runtime, durationNs: 2, memory: .init(residentBytes: 1000, peakResidentBytes: 1100)),
            Phase(.timed, durationNs: 3, memory: .init(residentBytes: 4000, peakResidentBytes: 5000)),
        ]
        guard outcome == .succeeded else {
            result.failure = Failure(.timeLimit, "too long")
            return result
        }
        result.samples =
            [Sample(phase: .firstCall, index: 0, computeNs: 99, endToEndNs: 100)]
            + samples.enumerated().map { Sample(phase: .timed, index: $0, computeNs: $1, endToEndNs: $1 + 5) }
        result.slices = [slice("p1", 1, 10, 20, 10), slice("p1", 2, 0, 5, 0), slice("p2", 1, 0, 0, 0)]
        result.pictures = [
            SlicePicture(patient: "p1", sliceIndex: 1, imagePNG: [1, 2], truthPNG: [3], predictedPNG: [4, 5, 6])
        ]
        return result
    }

    /// A run with a row in every table that has rows of runs: of the server scenario, judged, with its health.
    static func everything(_ job: String = "d1-0-1") -> RunResult {
        var result = Self.result(job)
        result.scenario = .server
        result.queries = [
            Query(index: 0, issuedNs: 0, latencyNs: 5), Query(index: 1, issuedNs: 3, latencyNs: nil),
        ]
        var validity = RunValidity(
            samplesPerQuery: 1, minDurationNs: 1, minQueries: 7, durationNs: 3, queries: 2)
        validity.reasons = [.init(code: "queries", message: "too few"), .init(code: "unanswered", message: "one")]
        (validity.percentile, validity.latencyBoundNs, validity.targetQueriesPerSecond) = (0.99, 4, 2.5)
        (validity.unansweredQueries, validity.longestQueue, validity.samplesPerSecond) = (1, 2, 12.5)
        result.validity = validity
        result.health = health
        result.agentStartedAt = "2026-01-01T00:00:00Z"
        result.masks = [PredictedMask(position: 0, png: [7, 8])]
        var window = HealthWindow(index: 1)
        (window.lowestClockKhz, window.highestTemperature) = (3, 4)
        (window.throttling, window.externalLoadCores) = (["throttled", "soft-limit"], 0.5)
        result.windows = [
            Window(latency(0)), Window(latency(1), health: window),
        ]
        return result
    }

    private static func latency(_ index: Int) -> LatencyWindow {
        LatencyWindow(
            index: index, startNs: 7 * Int64(index), durationNs: 7, count: 2, p50: 10, p90: 20, p99: 30, maximum: 40)
    }

    /// All readings there are, each another number.
    static let health: Health = {
        var readings = HealthReadings(windowNs: 1, readings: 2, unavailable: ["clock": "no \"cpufreq\""])
        (readings.governor, readings.lowestClockKhz, readings.highestClockKhz) = ("ondemand", 3, 4)
        (readings.temperatureAtStart, readings.highestTemperature) = (5, 6)
        readings.throttling = ["under-voltage", "throttled"]
        (readings.externalLoadCores, readings.stealCores, readings.swapInPages, readings.swapOutPages) = (
            0.5, 0.25, 7, 8
        )
        (readings.majorFaults, readings.voluntarySwitches, readings.involuntarySwitches) = (9, 10, 11)
        (readings.cycles, readings.instructions, readings.cacheMisses) = (12, 13, 14)
        var limits = HealthLimits()
        limits.swapPages = 99
        return Health(
            readings, degraded: "others", limits: limits,
            idleWait: IdleWait(condition: "60C", waitedNs: 15, shortfall: "hot"))
    }()

    private static func slice(_ patient: String, _ index: Int, _ intersection: Int, _ predicted: Int, _ truth: Int)
        -> SliceScore
    {
        var score = SliceScore(
            patient: patient, index: index, intersection: intersection, predicted: predicted, truth: truth,
            maskSha256: SHA256Digest(hex: digest)!)
        score.largestPredicted = min(predicted, truth)
        return score
    }
}
