import Statistics
import Store

/// Plausible records for a database.
enum TestData {
    static let digest = String(repeating: "ab", count: 32)

    static func bundle(_ name: String = "unet-x86-fp32", target: String = "x86") -> BundleRecord {
        BundleRecord(
            manifestSHA256: name + digest.dropLast(name.count), name: name, model: "unet", variant: "fp32", width: 8,
            depth: 4,
            parameters: 1000, checkpointSHA256: digest, targetName: target, architecture: "x86_64", tvmTargetJSON: "{}",
            tvmVersion: "0.27.0", moduleSHA256: digest, moduleSizeBytes: 4096, threshold: 0.5,
            trainingDataset: "phantom",
            trainingSynthetic: true, trainingDice: 0.9, referenceDice: 0.8, referenceDatasetSHA256: digest,
            sourceCommit: nil,
            createdAt: "2026-01-01T00:00:00Z", manifestJSON: "{}")
    }

    static let dataset = DatasetRecord(
        manifestSHA256: digest, name: "phantom", synthetic: true, source: "made", patients: 2, slices: 3, height: 4,
        width: 4)

    static let board = BoardRecord(
        agentInstance: "i", agentVersion: "1", model: "Board", cpuModel: "CPU", architecture: "x86_64", cores: 2,
        memoryBytes: nil,
        osName: nil,
        kernel: "6", hypervisor: nil, governor: nil, emulated: false, tvmVersion: "0.27.0", factsJSON: "{\"a\":1}")

    static func plan(_ id: String = "d1", runs: Int = 2, createdAt: String = "2026-01-01T00:00:00Z") -> DispatchPlan {
        DispatchPlan(
            id: id, createdAt: createdAt, harnessVersion: "0.1.0", harnessCommit: nil,
            commandJSON: "[\"--bundle\",\"b\"]", label: "a, \"label\"",
            datasetManifestSHA256: digest, bundles: [bundle()], dataset: dataset,
            runs: (0..<runs).map {
                PlannedRun(
                    ordinal: $0, targetName: "x86", bundleManifestSHA256: bundle().manifestSHA256, settingsJSON: "{}")
            })
    }

    static func result(
        _ job: String = "d1-0-1", attempt: Int = 1, outcome: RunOutcome = .succeeded,
        samples: [Int64] = [10, 30, 20, 40]
    ) -> RunResult {
        let failed = outcome != .succeeded
        return RunResult(
            jobID: job, attempt: attempt, outcome: outcome, failureCode: failed ? "time-limit" : nil,
            failureMessage: failed ? "too long" : nil,
            startedAt: "2026-01-01T00:00:01Z", endedAt: "2026-01-01T00:00:02Z", board: board, device: "cpu:0",
            effectiveSettingsJSON: "{}",
            threads: 2, warmUpCalls: 3, warmUpReason: "stable", sentBytes: 5, skippedBytes: 6, maxResidentBytes: 7000,
            masksDigest: digest,
            phases: [
                Phase(name: "transfer", durationNs: 1, residentBytes: nil, peakResidentBytes: nil),
                Phase(name: "runtime", durationNs: 2, residentBytes: 1000, peakResidentBytes: 1100),
                Phase(name: "timed", durationNs: 3, residentBytes: 4000, peakResidentBytes: 5000),
            ],
            samples: failed
                ? []
                : [Sample(phase: "first-call", index: 0, computeNs: 99, endToEndNs: 100)]
                    + samples.enumerated().map {
                        Sample(phase: "timed", index: $0, computeNs: $1, endToEndNs: $1 + 5)
                    },
            slices: failed
                ? []
                : [
                    slice("p1", 1, 10, 20, 10), slice("p1", 2, 0, 5, 0), slice("p2", 1, 0, 0, 0),
                ],
            pictures: failed
                ? []
                : [
                    SlicePicture(
                        patient: "p1", sliceIndex: 1, imagePNG: [1, 2], truthPNG: [3], predictedPNG: [4, 5, 6])
                ])
    }

    /// A run with a row in every table that has rows of runs: of the server scenario, judged, with its health.
    static func everything(_ job: String = "d1-0-1") -> RunResult {
        var result = Self.result(job)
        result.scenario = "server"
        result.queries = [
            Query(index: 0, issuedNs: 0, latencyNs: 5), Query(index: 1, issuedNs: 3, latencyNs: nil),
        ]
        result.judgement = JudgementRecord(
            reasons: [.init(code: "queries", message: "too few"), .init(code: "unanswered", message: "one")],
            samplesPerQuery: 1, percentile: 0.99, latencyBoundNs: 4, targetQueriesPerSecond: 2.5, leastDurationNs: 1,
            leastQueries: 7, durationNs: 3, queries: 2, unansweredQueries: 1, longestQueue: 2, samplesPerSecond: 12.5)
        result.health = health
        result.agentStartedAt = "2026-01-01T00:00:00Z"
        result.masks = [PredictedMask(position: 0, png: [7, 8])]
        var window = HealthWindow(index: 1)
        (window.lowestClockKhz, window.highestTemperature) = (3, 4)
        (window.throttling, window.foreignCores) = (["throttled", "soft-limit"], 0.5)
        result.windows = [
            Window(latency: latency(0)), Window(latency: latency(1), health: window),
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
        (readings.foreignCores, readings.stealCores, readings.swapInPages, readings.swapOutPages) = (0.5, 0.25, 7, 8)
        (readings.majorFaults, readings.voluntarySwitches, readings.involuntarySwitches) = (9, 10, 11)
        (readings.cycles, readings.instructions, readings.cacheMisses) = (12, 13, 14)
        return Health(
            readings: readings, degraded: "others", limitsJSON: "{\"a\":1}",
            settling: Settling(wish: "60C", waitedNs: 15, shortfall: "hot"))
    }()

    private static func slice(_ patient: String, _ index: Int, _ intersection: Int, _ predicted: Int, _ truth: Int)
        -> SliceRecord
    {
        SliceRecord(
            patient: patient, sliceIndex: index, intersection: intersection, predicted: predicted, truth: truth,
            largestIntersection: intersection, largestPredicted: min(predicted, truth), maskSHA256: digest)
    }
}
