import JSON
import AgentAPI
import Statistics
import TestSupport
import Testing

/// What `reference.json` says: NumPy's counts of PyTorch's masks.
private struct Reference: Codable {
    struct Slice: Codable {
        var patient: String
        var index: Int
        var intersection: Int
        var predicted: Int
        var truth: Int
    }

    var threshold: Double
    var slices: [Slice]
    var patients: [String: Double]
    var dice: Double
}

/// A job for the real runner, on the fixtures, with its files in a folder of its own.
struct Bench {
    let folder: TemporaryFolder
    var job: RunnerJob

    init(bundle name: String = "bundle") throws {
        folder = try TemporaryFolder()
        let fixtures = try Fixtures.folder()
        for file in try Fixtures.dataset().files {
            try folder.write("blobs/\(file.sha256.hex)", contents("\(fixtures)/dataset/\(file.path)"))
        }
        try folder.write("out/.keep", "")
        let request = JobRequest(
            id: "test", bundle: try Fixtures.bundle(name), datasetSha256: nil,
            settings: RunSettings {
                $0.minDurationNs = 0; $0.minQueries = 5; $0.warmUpMaxCalls = 3
            })
        job = RunnerJob(
            request, modulePath: "\(fixtures)/\(name)/module.so",
            dataset: .init(manifestPath: "\(fixtures)/dataset/dataset.json", blobFolder: "\(folder.path)/blobs"),
            tvmFolder: try Fixtures.tvmFolder(), outputFolder: "\(folder.path)/out")
    }

    func run() throws -> (events: [RunnerEvent], ending: ChildProcess.Ending) {
        let ending = try ChildProcess.run([Fixtures.program("harness-runner")], input: WireJSON.encode(job))
        let events = try ending.output.split(separator: "\n").map {
            try WireJSON.decode(RunnerEvent.self, from: $0.utf8)
        }
        return (events, ending)
    }

    /// The failure that a run ends with; an error if it does not.
    func failure() throws -> Failure {
        let (events, ending) = try run()
        #expect(ending.status == 1)
        guard case .failed(let failure) = events.last else {
            throw ChildProcess.Problem(message: "the run did not fail: \(events.suffix(2))")
        }
        return failure
    }
}

@Suite(.serialized) struct RunnerProcessTests {
    @Test(
        "Masks equal PyTorch's but for pixels within 1e-4 of the threshold, and Dice equals NumPy's to 1e-9",
        arguments: ["bundle", "bundle-other", "bundle-compact"])
    func accuracy(bundle: String) throws {
        let bench = try Bench(bundle: bundle)
        let (events, ending) = try bench.run()
        #expect(ending.status == 0, "\(ending.error)")
        let scores = events.compactMap { event in if case .slice(let score) = event { score } else { nil } }
        let fixtures = try Fixtures.folder()
        let reference = try WireJSON.decode(Reference.self, from: contents("\(fixtures)/reference/reference.json"))
        let probabilities = try contents("\(fixtures)/reference/probabilities.f32")
        #expect(scores.count == reference.slices.count && !scores.isEmpty)
        var undecided = 0
        for (index, (score, expected)) in zip(scores, reference.slices).enumerated() {
            #expect(score.patient == expected.patient && score.index == expected.index)
            let png = try #require(score.pngSha256)
            let mask = try maskPixels("\(bench.folder.path)/out/\(png.hex).png")
            #expect(SHA256Digest(of: mask) == score.maskSha256)
            for pixel in mask.indices {
                let offset = (index * mask.count + pixel) * 4
                let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(probabilities[offset + $1]) << (8 * UInt32($1)) }
                let probability = Double(Float(bitPattern: bits))
                let isIn: UInt8 = probability >= reference.threshold ? 1 : 0
                if abs(probability - reference.threshold) <= 1e-4 {
                    undecided += 1
                } else if mask[pixel] != isIn {
                    Issue.record(
                        "\(score.patient), slice \(score.index), pixel \(pixel): \(mask[pixel]) at \(probability)")
                }
            }
        }
        // The comparison would be empty if most pixels were undecided.
        #expect(undecided < 100)
        let summary = try #require(DiceSummary(scores.map { ($0.patient, $0.counts) }))
        #expect(abs(summary.patientMean - reference.dice) < 1e-9)
        for patient in summary.patients { #expect(abs(patient.dice - (reference.patients[patient.id] ?? -1)) < 1e-9) }
    }

    @Test("A run goes through its phases in order, keeps every sample, and ends with done")
    func phases() throws {
        let (events, ending) = try Bench().run()
        #expect(ending.status == 0)
        let phases = events.compactMap { event in if case .phaseFinished(let phase, _, _) = event { phase } else { nil }
        }
        #expect(phases == RunPhase.allCases.filter { $0 != .transfer && $0 != .profile })
        let samples = events.compactMap { event in if case .samples(let chunk) = event { chunk } else { nil } }
        #expect(samples.map(\.phase) == [.firstCall, .warmUp, .timed])
        #expect(samples.last?.computeNs.count == 5 && samples.last?.endToEndNs.count == 5)
        #expect(zip(samples.last?.computeNs ?? [], samples.last?.endToEndNs ?? []).allSatisfy { $0 <= $1 && $0 > 0 })
        #expect(events.last == .done)
        let memory = events.compactMap { event in
            if case .phaseFinished(_, _, let memory) = event { memory } else { nil }
        }
        #expect(memory.allSatisfy { $0.residentBytes > 1 << 20 && $0.peakResidentBytes >= $0.residentBytes })
    }

    @Test("Two runs of one module give the same masks")
    func repeatable() throws {
        func digest() throws -> SHA256Digest? {
            try Bench().run().events.compactMap { event in
                if case .masks(let digest, _) = event { digest } else { nil }
            }.first
        }
        let first = try #require(try digest())
        #expect(try digest() == first)
    }

    @Test("A module for another version of TVM is refused, with both named")
    func otherVersion() throws {
        var bench = try Bench()
        bench.job.bundle.tvm?.version = "0.26.0"
        let failure = try bench.failure()
        #expect(failure.code == .tvmVersionMismatch)
        #expect(try failure.message.contains("0.26.0") && failure.message.contains(Fixtures.runtime().version))
    }

    @Test("A folder without TVM's libraries is named, with how to make one")
    func noRuntime() throws {
        var bench = try Bench()
        bench.job.tvmFolder = bench.folder.path
        let failure = try bench.failure()
        #expect(failure.code == .tvmMissing && failure.message.contains("python -m unet runtime"))
    }

    @Test("A module that is cut off, empty, for another CPU or not a module is a failure of loading")
    func brokenModules() throws {
        var bench = try Bench()
        let whole = try contents(bench.job.modulePath)
        let foreign = forAnotherCPU(whole)
        let plain = "\(bench.folder.path)/plain.so"
        try compileC("int answer(void) { return 42; }", to: plain, options: ["-shared", "-fPIC"])
        let files = [
            try bench.folder.write("cut.so", Array(whole.prefix(whole.count / 3))),
            try bench.folder.write("empty.so", ""),
            try bench.folder.write("foreign.so", foreign), plain, "\(bench.folder.path)/missing.so",
        ]
        for file in files {
            bench.job.modulePath = file
            if !file.hasSuffix("cut.so") { bench.job.bundle.module.sizeBytes = Int(fileSize(file) ?? 0) }
            #expect(try bench.failure().code == .moduleLoad, "\(file)")
        }
    }

    @Test("A module without the entry function is a failure of loading that names it")
    func noEntry() throws {
        var bench = try Bench()
        bench.job.bundle.entry = "predict"
        let failure = try bench.failure()
        #expect(failure.code == .moduleLoad && failure.message.contains("predict"))
    }

    @Test("A truncated slice is named")
    func truncatedImage() throws {
        let bench = try Bench()
        let file = try #require(try Fixtures.dataset().patients.last?.slices.last?.image)
        let bytes = try contents("\(bench.folder.path)/blobs/\(file.sha256.hex)")
        try bench.folder.write("blobs/\(file.sha256.hex)", Array(bytes.prefix(bytes.count / 2)))
        let failure = try bench.failure()
        #expect(failure.code == .imageInvalid && failure.message.contains(file.path))
    }

    @Test("A data set for another normalisation or shape is refused before the module is loaded")
    func otherDataset() throws {
        var bench = try Bench()
        bench.job.bundle.normalisation = "none"
        #expect(try bench.failure().code == .datasetInvalid)
        bench = try Bench()
        bench.job.bundle.inputs[0].shape = [1, 3, 128, 128]
        #expect(try bench.failure().code == .datasetInvalid)
    }

    @Test("Without a data set seeded noise is measured, and nothing is scored")
    func noDataset() throws {
        var bench = try Bench()
        bench.job.dataset = nil
        let (events, ending) = try bench.run()
        #expect(ending.status == 0 && events.last == .done)
        #expect(!events.contains { if case .slice = $0 { true } else { false } })
    }

    @Test("A layer by itself, with more channels than an image has, is measured on noise")
    func candidate() throws {
        var bench = try Bench(bundle: "bundle-candidate")
        bench.job.dataset = nil
        #expect(bench.job.bundle.inputs[0].shape == [1, 8, 32, 32])
        let (events, ending) = try bench.run()
        #expect(ending.status == 0 && events.last == .done, "\(ending.output.suffix(300))")
        let timed = events.compactMap { event in
            if case .samples(let chunk) = event, chunk.phase == .timed { chunk.computeNs.count } else { nil }
        }
        #expect(timed == [5])
    }

    @Test("As many channels as a search packs into an input are no reason to refuse it")
    func manyChannels() throws {
        var bench = try Bench(bundle: "bundle-candidate")
        bench.job.dataset = nil
        bench.job.bundle.inputs[0].shape = [1, 1 << 20, 4, 4]
        // It got as far as the module, which wants another shape.
        #expect(try bench.failure().code == .moduleRun)
    }

    @Test(
        "An input that is not [1, C, H, W], or is absurdly large, is refused before anything is allocated",
        arguments: [[1, 8, 32], [2, 8, 32, 32], [1, 0, 32, 32], [1, 8, 32, 1 << 40], [1, 65536, 65536, 65536]])
    func otherShapes(shape: [Int]) throws {
        var bench = try Bench(bundle: "bundle-candidate")
        bench.job.dataset = nil
        bench.job.bundle.inputs[0].shape = shape
        let failure = try bench.failure()
        #expect(failure.code == .moduleLoad && failure.message.contains("noise"))
    }

    @Test(
        "An invalid job description ends in a typed failure",
        arguments: ["", "{", "{\"protocol\": \"harness.runner/9\"}", "\u{0}"])
    func garbage(text: String) throws {
        let ending = try ChildProcess.run([Fixtures.program("harness-runner")], input: Array(text.utf8))
        #expect(ending.status == 1)
        #expect(ending.output.contains("runner-protocol"))
    }

    @Test("An unknown device is refused")
    func device() throws {
        var bench = try Bench()
        bench.job.device = "cuda:0"
        #expect(try bench.failure().code == .deviceMissing)
    }

    @Test("The probe prints the runtime's versions")
    func probe() throws {
        let ending = try ChildProcess.run([
            Fixtures.program("harness-runner"), "--probe", "--tvm", Fixtures.tvmFolder(),
        ])
        #expect(ending.status == 0)
        #expect(try WireJSON.decode(AgentInfo.Runtime.self, from: ending.output.utf8) == Fixtures.runtime())
        #expect(ending.output.hasSuffix("}\n"))
    }
}
