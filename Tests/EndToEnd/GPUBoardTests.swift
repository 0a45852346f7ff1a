import JSON
import AgentAPI
import FoundationEssentials
import Store
import TestSupport
import Testing

/// A board with a GPU end to end: the real agent, runner, module and TVM CUDA runtime, on a GPU simulated by the CPU.
///
/// The stand-ins for NVIDIA's libraries defer all work until they are synchronised; see models/tests/gpu_on_cpu.cc.
@Suite struct GPUBoardTests {
    static let fixtures = "\(Fixtures.checkout)/build/fixtures-cuda"
    static let isMade = fileSize("\(fixtures)/made-by.json") != nil
    static let remedy: Comment = "make fixtures-cuda was not run"

    private func desk(_ agent: AgentProcess) throws -> TemporaryFolder {
        let desk = try TemporaryFolder()
        try desk.write(
            "targets.json",
            """
            {"schema": "harness.targets/1", "targets": [
              {"name": "cuda", "agent": "\(agent.address)", "device": "cuda:0", "tvm": {"kind": "cuda", "arch": "sm_86"}},
              {"name": "x86", "agent": "\(agent.address)", "device": "cpu:0", "tvm": {"kind": "llvm"}}]}
            """)
        return desk
    }

    private func environment(_ folder: TemporaryFolder) throws -> [String: String] {
        // A GPU simulated by the CPU is marked as emulated.
        [
            "HARNESS_NVML": try FakeNVML.library(in: folder), "HARNESS_EMULATED": "1",
            "HARNESS_GPU_KERNELS": "\(Self.fixtures)/kernels.so", "HARNESS_GPU_TRACE": "\(folder.path)/trace",
        ]
    }

    @Test(
        "A dispatch to cuda:0 scores the same as the CPU, and records copies, device memory and the GPU's state",
        .enabled(if: isMade, remedy))
    func dispatch() async throws {
        let folder = try TemporaryFolder()
        let libraries = ["LD_LIBRARY_PATH": "\(Self.fixtures)/tvm"]
        let agent = try AgentProcess(
            environment: try environment(folder).merging(libraries) { $1 }, tvm: "\(Self.fixtures)/tvm")
        let desk = try desk(agent)
        let ending = try ChildProcess.run(
            [
                try Fixtures.program("harness"), "dispatch", "--bundle", "\(Self.fixtures)/bundle",
                "\(Self.fixtures)/bundle-cpu", "--dataset", "\(Self.fixtures)/dataset", "--duration", "1ms",
                "--min-queries", "3", "--warm-up-calls", "2",
            ], in: desk.path)
        #expect(ending.status == 0, "\(ending.output) \(ending.error)")
        let store = try ResultsStore(path: "\(desk.path)/results.sqlite", mode: .readOnly)
        let runs = try await store.runs(.all)
        let gpu = try await store.run(try #require(runs.first { $0.target == "cuda" }).id)
        let cpu = try await store.run(try #require(runs.first { $0.target == "x86" }).id)
        #expect(gpu.device == "cuda:0" && gpu.summary.emulated && gpu.slices.count == 4)
        for (ours, theirs) in zip(gpu.slices, cpu.slices) {
            // FP32 sums in another order: a pixel right at the threshold may fall on the other side.
            #expect(abs(ours.predicted - theirs.predicted) <= 1 && abs(ours.intersection - theirs.intersection) <= 1)
        }
        #expect(gpu.slices.contains { $0.predicted > 50 }, "empty masks would agree with anything")
        let timed = gpu.samples.filter { $0.phase == .timed }
        #expect(timed.count == 3)
        for sample in timed {
            let (there, back) = (try #require(sample.hostToDeviceNs), try #require(sample.deviceToHostNs))
            let whole = try #require(sample.endToEndNs)
            #expect(there > 0 && back > 0 && there + sample.computeNs + back <= whole)
        }
        #expect(cpu.samples.allSatisfy { $0.hostToDeviceNs == nil && $0.deviceToHostNs == nil })
        let weights = try #require(try bundle().requires).weightsBytes
        let taken = try #require(gpu.summary.peakDeviceBytes)
        #expect(taken >= weights && cpu.summary.peakDeviceBytes == nil)
        #expect(gpu.throttling == "sw-power-cap, hw-thermal-slowdown" && cpu.throttling == nil)
        #expect(gpu.conditionsJSON?.contains("\"power_milliwatts\":69500") == true)
        try checkTrace("\(folder.path)/trace", queries: 1 + 2 + 3 + 4)
        let report = try ChildProcess.run(
            [try Fixtures.program("harness"), "report", "--format", "md", "--output", "out"], in: desk.path)
        #expect(report.status == 0)
        #expect(String(decoding: try contents("\(desk.path)/out/report.md"), as: UTF8.self).contains("GPU memory"))
    }

    @Test(
        "On a throttled board each measured time says so to the search, and the user is warned once",
        .enabled(if: isMade, remedy))
    func tune() throws {
        let folder = try TemporaryFolder()
        let libraries = ["LD_LIBRARY_PATH": "\(Self.fixtures)/tvm"]
        let agent = try AgentProcess(
            environment: try environment(folder).merging(libraries) { $1 }, tvm: "\(Self.fixtures)/tvm")
        let desk = try desk(agent)
        try desk.write("unet.pt", "")
        let ending = try ChildProcess.run(
            [
                try Fixtures.program("harness"), "tune", "--target", "cuda", "--checkpoint", "unet.pt", "--database",
                "tuning", "--python", "\(Fixtures.checkout)/Tests/EndToEnd/Search/search.py", "--duration", "1ms",
                "--min-queries", "3",
            ], environment: ["SCENARIO": "whole", "CANDIDATE": "\(Self.fixtures)/bundle"], in: desk.path)
        #expect(ending.status == 0, "\(ending.output) \(ending.error)")
        let received = String(decoding: try contents("\(desk.path)/tuning/heard.jsonl"), as: UTF8.self)
        let answers = try received.split(separator: "\n").map { try WireJSON.decode(JSONValue.self, from: $0.utf8) }
        let why = "sw-power-cap, hw-thermal-slowdown"
        #expect(answers.compactMap { $0["throttling"]?.string } == [why, why])
        #expect(ending.output.ranges(of: "the board is throttled: \(why)").count == 1)
        #expect(ending.output.contains("the board was slowed during 2"))
        #expect(ending.output.contains("its times are meaningless"), "the simulated GPU is emulated")
    }

    private func bundle() throws -> BundleManifest {
        try WireJSON.decode(BundleManifest.self, from: contents("\(Self.fixtures)/bundle/bundle.json"))
    }

    /// Every query is copy in, synchronise, launches, synchronise, copy out, synchronise: the GPU is idle at every timestamp.
    private func checkTrace(_ path: String, queries: Int) throws {
        let lines = String(decoding: try contents(path), as: UTF8.self).split(separator: "\n").map(String.init)
        let inputBytes = try bundle().inputs[0].shape.reduce(MemoryLayout<Float>.size, *)
        let begins = lines.indices.filter { lines[$0] == "to-device \(inputBytes) pinned" }
        #expect(begins.count == queries)
        for (begin, end) in zip(begins, begins.dropFirst() + [lines.endIndex]) {
            var steps: [String] = []
            for line in lines[begin..<end] {
                let word = String(line.split(separator: " ")[0])
                if steps.last != word { steps.append(word) }
            }
            #expect(
                Array(steps.prefix(6))
                    == ["to-device", "synchronise", "launch", "synchronise", "from-device", "synchronise"])
        }
    }

    @Test("Without the driver's library a run on a GPU fails and says so", .enabled(if: isMade, remedy))
    func noDriver() async throws {
        let folder = try TemporaryFolder()
        // A file with the driver's name that is not a library precedes the real driver, where there is one.
        try folder.write("libcuda.so.1", "no driver")
        let libraries = ["LD_LIBRARY_PATH": folder.path]
        let agent = try AgentProcess(
            environment: try environment(folder).merging(libraries) { $1 }, tvm: "\(Self.fixtures)/tvm")
        let desk = try desk(agent)
        let ending = try ChildProcess.run(
            [
                try Fixtures.program("harness"), "dispatch", "--bundle", "\(Self.fixtures)/bundle", "--target", "cuda",
            ], in: desk.path)
        #expect(ending.status == 1)
        let store = try ResultsStore(path: "\(desk.path)/results.sqlite", mode: .readOnly)
        let run = try #require(try await store.runs(.all).first)
        #expect(run.failureCode == "device-missing" && run.failureMessage?.contains("libcuda.so.1") == true)
    }

    @Test(
        "A folder without TVM's CUDA library is reported with the command that makes one", .enabled(if: isMade, remedy))
    func noRuntime() throws {
        let folder = try TemporaryFolder()
        let libraries = ["LD_LIBRARY_PATH": "\(Self.fixtures)/tvm"]
        let agent = try AgentProcess(environment: try environment(folder).merging(libraries) { $1 })
        let bundle = try bundle()
        try agent.put(contents("\(Self.fixtures)/bundle/module.so"))
        let job = JobRequest(
            id: "x", bundle: bundle, datasetSha256: nil, device: "cuda:0",
            settings: RunSettings { $0.minDurationNs = 0 })
        let refused = try agent.post(job)
        #expect(refused.status == 422)
        #expect(refused.text.contains("tvm-missing") && refused.text.contains("unet runtime --cuda"))
    }
}
