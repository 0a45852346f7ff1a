import JSON
import AgentAPI
import FoundationEssentials
import Store
import TestSupport
import Testing

/// The real Python runner under a real agent: the same network in PyTorch and ONNX Runtime, held to harness-runner's protocol.
@Suite(.serialized) struct BaselineTests {
    /// Runs a fixture as a job on `agent`, all blobs uploaded; jobs of different fixtures differ in nothing else.
    private func job(
        _ name: String, on agent: AgentProcess, threads: Int? = nil, data: Bool = true,
        change: (inout BundleManifest) throws -> [UInt8]? = { _ in nil }
    ) throws -> (settings: EffectiveSettings?, events: [RunnerEvent], state: Outcome, failure: Failure?) {
        let fixtures = try Fixtures.folder()
        var bundle = try Fixtures.bundle(name)
        let module = try change(&bundle) ?? contents("\(fixtures)/\(name)/\(bundle.module.file)")
        bundle.module.sha256 = try agent.put(module)
        bundle.module.sizeBytes = module.count
        let dataset = data ? try agent.putDataset() : nil
        let request = JobRequest(
            id: "\(name)-\(UUID().uuidString)", bundle: bundle, datasetSha256: dataset,
            settings: RunSettings {
                $0.minDurationNs = 0; $0.minQueries = 5; $0.threads = threads
                // The number of calls ends the warm-up, also on a loaded machine.
                $0.warmUpMaxCalls = 3; $0.warmUpMaxDurationNs = 600_000_000_000
            })
        let reply = try agent.post(request)
        guard reply.status == 201 else { return (nil, [], .failed, try reply.decoded(Failure.self)) }
        let events = try agent.events(request.id)
        let emitted = events.compactMap { event in if case .runner(let event) = event.content { event } else { nil } }
        let settings = emitted.compactMap { event in if case .settings(let settings) = event { settings } else { nil } }
        guard case .ended(let state, let failure, _) = events.last?.content else {
            throw ChildProcess.Problem(message: "job \(request.id) has no end")
        }
        return (settings.first, emitted, state, failure)
    }

    /// The event without its measurements: what must be equal between two runners.
    private func shape(_ event: RunnerEvent) -> String {
        switch event {
        case .settings: "settings"
        case .phaseStarted(let phase): "\(phase.rawValue) started"
        case .phaseFinished(let phase, _, _): "\(phase.rawValue) finished"
        case .progress(let phase, let done, let total): "\(phase.rawValue) \(done) of \(total)"
        case .samples(let chunk): "\(chunk.phase.rawValue): \(chunk.computeNs.count), \(chunk.endToEndNs.count)"
        case .queries(let chunk): "queries: \(chunk.issuedNs.count), \(chunk.latencyNs.count)"
        case .warmedUp(let calls, let reason): "warmed up after \(calls): \(reason)"
        case .profile: "profile"
        case .slice(let score): "\(score.patient) \(score.index), of \(score.truth)"
        case .masks(_, let slices): "masks of \(slices)"
        case .log: "log"
        case .failed: "failed"
        case .done: "done"
        }
    }

    private func masks(_ events: [RunnerEvent]) -> SHA256Digest? {
        events.compactMap { event in if case .masks(let digest, _) = event { digest } else { nil } }.first
    }

    private func scores(_ events: [RunnerEvent]) -> [SliceScore] {
        events.compactMap { event in if case .slice(let score) = event { score } else { nil } }
    }

    private struct Reference: Decodable {
        struct Slice: Decodable, Hashable {
            var patient: String
            var index: Int
            var intersection: Int
            var predicted: Int
            var truth: Int
        }

        var slices: [Slice]
    }

    @Test("Every runner emits the same events in the same order, and PyTorch's masks equal TVM's and the reference's")
    func conformance() throws {
        let agent = try AgentProcess()
        let compiled = try job("bundle", on: agent)
        #expect(compiled.state == .succeeded)
        let reference = try WireJSON.decode(
            Reference.self, from: contents("\(Fixtures.folder())/reference/reference.json"))
        for name in ["pytorch-eager", "pytorch-channels-last", "onnxruntime-fp32", "onnxruntime-int8"] {
            let found = try job(name, on: agent)
            #expect(found.state == .succeeded, "\(name): \(String(describing: found.failure))")
            #expect(found.events.map(shape) == compiled.events.map(shape), "\(name)")
            let bundle = try Fixtures.bundle(name)
            #expect(found.settings?.runner == bundle.runner && found.settings?.clock == "CLOCK_MONOTONIC")
            #expect(found.settings?.framework?.name == bundle.framework?.name, "\(name)")
            #expect(found.settings?.framework?.version == bundle.framework?.version, "\(name)")
            #expect(found.settings?.threads == compiled.settings?.threads, "\(name)")
            for case .phaseFinished(_, let duration, let memory) in found.events {
                #expect(duration > 0 && memory.peakResidentBytes >= memory.residentBytes)
                #expect(memory.residentBytes > 10 << 20)
            }
            for case .samples(let chunk) in found.events where chunk.phase == .timed {
                #expect(zip(chunk.computeNs, chunk.endToEndNs).allSatisfy { $0 <= $1 && $0 > 0 })
            }
            // INT8 masks differ from the reference; `whole` checks that their Dice is close.
            if name.hasSuffix("int8") { continue }
            #expect(masks(found.events) == masks(compiled.events), "\(name)")
            #expect(scores(found.events).map(\.maskSha256) == scores(compiled.events).map(\.maskSha256), "\(name)")
            #expect(scores(found.events).map(\.largestPredicted) == scores(compiled.events).map(\.largestPredicted))
            #expect(
                scores(found.events).map(\.largestIntersection) == scores(compiled.events).map(\.largestIntersection))
            #expect(
                scores(found.events).map {
                    Reference.Slice(
                        patient: $0.patient, index: $0.index, intersection: $0.intersection, predicted: $0.predicted,
                        truth: $0.truth)
                } == reference.slices)
        }
    }

    @Test("The runner uses the requested number of threads", arguments: ["pytorch-eager", "onnxruntime-fp32"])
    func threads(name: String) throws {
        let agent = try AgentProcess()
        for threads in [1, 2] {
            #expect(try job(name, on: agent, threads: threads, data: false).settings?.threads == threads)
        }
    }

    @Test(
        "A file that is not a module, or a truncated one, fails to load",
        arguments: ["pytorch-eager", "onnxruntime-fp32"])
    func badModule(name: String) throws {
        let agent = try AgentProcess()
        let path = try "\(Fixtures.folder())/\(name)/\(Fixtures.bundle(name).module.file)"
        let whole = try contents(path)
        for bytes in [Array("no module".utf8), Array(whole.prefix(whole.count / 2))] {
            let found = try job(name, on: agent, data: false) { _ in bytes }
            #expect(
                found.state == .failed && found.failure?.code == .moduleLoad, "\(String(describing: found.failure))")
        }
        // The agent still serves.
        #expect(try job(name, on: agent, data: false).state == .succeeded)
    }

    @Test("A module for another version of its framework is refused, naming both versions; so is an unknown mode")
    func otherVersion() throws {
        let agent = try AgentProcess()
        let old = try job("onnxruntime-fp32", on: agent, data: false) {
            $0.framework?.version = "1.0.0"
            return nil
        }
        #expect(old.failure?.code == .frameworkVersionMismatch)
        let installed = try #require(try Fixtures.bundle("onnxruntime-fp32").framework?.version)
        #expect(old.failure?.message.contains("1.0.0") == true && old.failure?.message.contains(installed) == true)
        let mode = try job("pytorch-eager", on: agent, data: false) {
            $0.framework?.mode = "sideways"
            return nil
        }
        #expect(mode.failure?.code == .moduleLoad && mode.failure?.message.contains("sideways") == true)
        let size = try job("onnxruntime-fp32", on: agent, data: false) {
            $0.outputs[0].shape = [1, 1, 8, 8]
            return nil
        }
        #expect(size.failure?.code == .moduleRun)
    }

    @Test(
        "Input that is not a job description ends in a typed failure",
        arguments: ["", "{", "{\"protocol\": \"harness.runner/9\"}"])
    func garbage(text: String) throws {
        let runner = "\(Fixtures.checkout)/build/venv/bin/harness-python-runner"
        let ending = try ChildProcess.run([runner], input: Array(text.utf8))
        #expect(ending.status == 1 && ending.output.contains("runner-protocol"), "\(ending.error)")
    }
}

/// Baselines end to end, from bundles to the database.
@Suite struct BaselineDispatchTests {
    /// Writes a modified copy of a fixture into the desk's folder.
    private func bundle(
        _ name: String, in desk: Desk, from fixture: String = "pytorch-eager", change: (inout BundleManifest) -> Void
    ) throws {
        var manifest = try Fixtures.bundle(fixture)
        let file = manifest.module.file
        manifest.name = name
        change(&manifest)
        try desk.folder.write("\(name)/\(file)", contents("\(Fixtures.folder())/\(fixture)/\(file)"))
        try desk.folder.write("\(name)/bundle.json", WireJSON.encode(manifest))
    }

    @Test("Compiled modules and all five baselines share one dispatch and one table, with speed-ups and Dice")
    func whole() async throws {
        let desk = try Desk()
        let baselines = [
            "pytorch-eager", "pytorch-channels-last", "pytorch-compile", "onnxruntime-fp32", "onnxruntime-int8",
        ]
        let ending = try desk.run(try desk.dispatch(["bundle"] + baselines))
        #expect(ending.status == 0, "\(ending.output) \(ending.error)")
        #expect(ending.output.contains("1 (baseline)") && ending.output.contains("Speed-up"))
        let runs = try await desk.store().runs(.all)
        #expect(runs.count == 6 && runs.allSatisfy { $0.outcome == .succeeded })
        var digests: [String: String] = [:]
        for run in runs {
            let detail = try await desk.store().run(run.id)
            digests[run.variant] = detail.masksDigest
            #expect(detail.phases.count == 7 && detail.pictures.count >= 4)
            let bundle = try Fixtures.bundle(run.variant.hasPrefix("fp32") ? "bundle" : run.variant)
            #expect(detail.bundle.runner == bundle.runnerName, "\(run.variant)")
            #expect(detail.bundle.frameworkVersion == bundle.softwareVersion, "\(run.variant)")
            // INT8 may lose a little; a wrong calibration loses far more.
            let expected = try #require(bundle.reference?.dice)
            #expect(abs((run.dicePatientMean ?? 0) - expected) < (run.variant == "onnxruntime-int8" ? 0.02 : 1e-9))
        }
        let eager = digests["pytorch-eager"]
        #expect(digests["pytorch-compile"] == eager && digests["fp32-winograd"] == eager)
        #expect(try desk.run(["report", "--baseline", "fp32-winograd", "--format", "md"]).status == 0)
        let report = String(decoding: try contents("\(desk.folder.path)/report/report.md"), as: UTF8.self)
        #expect(report.contains("Speed-up is the median of fp32-winograd"))
        let wrong = try desk.run(["report", "--baseline", "pytorch-eagre"])
        #expect(wrong.status == 64 && wrong.error.contains("Did you mean pytorch-eager?"))
    }

    @Test("A bundle for a runner the board lacks is refused before a byte is sent, with the remedy")
    func missingRunner() async throws {
        let desk = try Desk()
        try bundle("foreign", in: desk) { $0.runner = "tflite" }
        let arguments = ["--bundle", "foreign", "\(try Fixtures.folder())/bundle-null", "--duration", "10ms"]
        #expect(try desk.run(["dispatch"] + arguments).status == 1)
        let runs = try await desk.store().runs(.all)
        let refused = try #require(runs.first { $0.bundle == "foreign" })
        #expect(refused.failureCode == "runner-missing")
        #expect(refused.failureMessage?.contains("--runner tflite=PATH") == true)
        #expect(try await desk.store().run(refused.id).sentBytes == 0)
        #expect(runs.first { $0.bundle == "bundle-null" }?.outcome == .succeeded)
        let check = try desk.run(["targets", "check", "--bundle", "foreign"])
        #expect(check.status == 1 && check.output.contains("tflite"))
    }

    @Test("A runner given with --runner serves the local agent, also when the dispatch is resumed")
    func namedRunner() async throws {
        let desk = try Desk()
        try bundle("foreign", in: desk) { $0.runner = "mine" }
        try desk.folder.write(
            "mine", "#!/bin/sh\ncat >job.json\nwhile [ ! -e gate ]; do sleep 0.02; done\necho '{\"type\":\"done\"}'\n",
            executable: true)
        let child = try desk.start(["dispatch", "--bundle", "foreign", "--runner", "mine=\(desk.folder.path)/mine"])
        try child.waitForOutput { $0.contains("foreign") }
        child.kill(9)
        _ = child.wait()
        try desk.folder.write("gate", "")
        let resumed = try desk.run(["dispatch", "--resume"])
        #expect(resumed.status == 0, "\(resumed.output) \(resumed.error)")
        #expect(try await desk.store().runs(.all).contains { $0.outcome == .succeeded })
        let wrong = try desk.run(["dispatch", "--bundle", "foreign", "--runner", "mine"])
        #expect(wrong.status == 1 && wrong.output.contains("NAME=PATH"))
    }

    @Test("A bundle that does not name its framework or TVM is refused before anything is stored")
    func incomplete() throws {
        let desk = try Desk()
        try bundle("no-framework", in: desk) { $0.framework = nil }
        try bundle("no-tvm", in: desk, from: "bundle-null") { $0.tvm = nil }
        for (name, key) in [("no-framework", "\"framework\""), ("no-tvm", "\"tvm\"")] {
            let ending = try desk.run(["dispatch", "--bundle", name])
            #expect(ending.status == 64 && ending.error.contains(key), "\(ending.error)")
        }
        #expect(fileSize(desk.database) == nil)
    }
}
