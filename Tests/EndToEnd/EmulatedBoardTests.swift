import JSON
import AgentAPI
import FoundationEssentials
import Statistics
import Store
import TestSupport
import Testing

/// Emulated boards end to end: the aarch64 agent, runner and TVM runtime under QEMU, over real HTTP.
@Suite struct EmulatedBoardTests {
    static let isBuilt = fileSize("\(Fixtures.checkout)/build/aarch64/harness-agent") != nil

    struct Board: Sendable, CustomTestStringConvertible {
        var target: String
        var cpu: String
        var bundle: String
        var testDescription: String { target }
    }

    static let boards = [
        Board(target: "rpi3", cpu: "cortex-a53", bundle: "rpi3"),
        Board(target: "m1-vm", cpu: "max", bundle: "m1-vm"),
    ]

    /// Starts an agent on an emulated CPU, by QEMU's name of it.
    private func emulatedAgent(_ cpu: String) throws -> AgentProcess {
        let build = "\(Fixtures.checkout)/build"
        return try AgentProcess(
            environment: ["HARNESS_EMULATED_CPU": cpu], programs: "\(build)/aarch64/emulated",
            tvm: "\(build)/tvm-runtime/aarch64")
    }

    @Test(
        "A dispatch to an emulated board scores the same as on x86, and is stored as emulated",
        .enabled(if: isBuilt, "make cross-tests fixtures-aarch64 was not run"), arguments: boards)
    func dispatch(board: Board) async throws {
        let build = "\(Fixtures.checkout)/build"
        let agent = try emulatedAgent(board.cpu)
        let desk = try TemporaryFolder()
        try desk.write(
            "targets.json",
            """
            {"schema": "harness.targets/1", "targets": [
              {"name": "\(board.target)", "agent": "\(agent.address)", "device": "cpu:0", "tvm": {"kind": "llvm"}},
              {"name": "x86", "agent": "local", "device": "cpu:0", "tvm": {"kind": "llvm"}}]}
            """)
        let ending = try ChildProcess.run(
            [
                try Fixtures.program("harness"), "dispatch", "--bundle", "\(build)/fixtures-aarch64/\(board.bundle)",
                "\(Fixtures.folder())/bundle", "--dataset", "\(build)/fixtures-aarch64/dataset",
                "--duration", "1ms", "--min-queries", "2", "--warm-up-calls", "1",
            ], environment: ["XDG_STATE_HOME": "\(desk.path)/state"], in: desk.path)
        #expect(ending.status == 0, "\(ending.output) \(ending.error)")
        let store = try ResultsStore(path: "\(desk.path)/results.sqlite", mode: .readOnly)
        let runs = try await store.runs(.all)
        #expect(runs.count == 2)
        let emulated = try await store.run(try #require(runs.first { $0.target == board.target }).id)
        let native = try await store.run(try #require(runs.first { $0.target == "x86" }).id)
        #expect(emulated.summary.emulated && !native.summary.emulated)
        #expect(emulated.board?.architecture == "aarch64")
        // Only pixels whose probability is within 1e-4 of the threshold in PyTorch may differ.
        let doubtful = try doubtfulPixels()
        #expect(emulated.slices.count == native.slices.count && emulated.slices.count == doubtful.count)
        for ((ours, theirs), doubt) in zip(zip(emulated.slices, native.slices), doubtful) {
            #expect(abs(ours.predicted - theirs.predicted) <= doubt)
            #expect(abs(ours.intersection - theirs.intersection) <= doubt)
        }
        let report = try ChildProcess.run(
            [try Fixtures.program("harness"), "report", "--format", "md", "--output", "out"], in: desk.path)
        #expect(report.status == 0)
        #expect(String(decoding: try contents("\(desk.path)/out/report.md"), as: UTF8.self).contains("emulated"))
    }

    @Test(
        "A module for an M1 is refused for a Raspberry Pi 3 before a byte is sent, and by its agent if sent anyway",
        .enabled(if: isBuilt, "make cross-tests fixtures-aarch64 was not run"))
    func preflight() async throws {
        let build = "\(Fixtures.checkout)/build"
        let agent = try emulatedAgent("cortex-a53")
        let desk = try TemporaryFolder()
        try desk.write(
            "targets.json",
            """
            {"schema": "harness.targets/1", "targets": [
              {"name": "m1-vm", "agent": "\(agent.address)", "device": "cpu:0", "tvm": {"kind": "llvm"}}]}
            """)
        let bundle = "\(build)/fixtures-aarch64/m1-vm"
        let ending = try ChildProcess.run(
            [try Fixtures.program("harness"), "dispatch", "--bundle", bundle], in: desk.path)
        #expect(ending.status == 1)
        let store = try ResultsStore(path: "\(desk.path)/results.sqlite", mode: .readOnly)
        let run = try await store.run(try #require(try await store.runs(.all).first).id)
        #expect(run.summary.failureCode == "cpu-features-missing")
        #expect(run.summary.failureMessage?.contains("apple-m1") == true)
        #expect(run.summary.failureMessage?.contains("atomics") == true && run.sentBytes == 0)
        #expect(try agent.ask("GET", "/v1/jobs").decoded([JobStatus].self).isEmpty)

        let manifest = try WireJSON.decode(BundleManifest.self, from: contents("\(bundle)/bundle.json"))
        #expect(try agent.ask("HEAD", "/v1/blobs/\(manifest.module.sha256.hex)").status == 404)
        try agent.put(contents("\(bundle)/module.so"))
        let request = JobRequest(id: "x", bundle: manifest, datasetSha256: nil, settings: RunSettings())
        let refused = try agent.post(request)
        #expect(refused.status == 422 && refused.text.contains("cpu-features-missing"))
    }

    @Test(
        "A search measures its candidates on the board and leaves out one for another CPU",
        .enabled(if: isBuilt, "make cross-tests fixtures-aarch64 was not run"))
    func tune() throws {
        let build = "\(Fixtures.checkout)/build"
        let agent = try emulatedAgent("cortex-a53")
        let desk = try TemporaryFolder()
        try desk.write("unet.pt", "")
        try desk.write(
            "targets.json",
            """
            {"schema": "harness.targets/1", "targets": [
              {"name": "rpi3", "agent": "\(agent.address)", "device": "cpu:0", "threads": 1, "tvm": {"kind": "llvm"}}]}
            """)
        let ending = try ChildProcess.run(
            [
                try Fixtures.program("harness"), "tune", "--target", "rpi3", "--checkpoint", "unet.pt", "--database",
                "tuning", "--python", "\(Fixtures.checkout)/Tests/EndToEnd/Search/search.py", "--duration", "1ms",
                "--min-queries", "3",
            ],
            environment: [
                "SCENARIO": "whole", "CANDIDATE": "\(build)/fixtures-aarch64/bundle-candidate",
                "CRASHING": "\(Fixtures.folder())/bundle-candidate",
            ], in: desk.path)
        #expect(ending.status == 0, "\(ending.output) \(ending.error)")
        #expect(ending.output.contains("its times are meaningless"))
        let heard = String(decoding: try contents("\(desk.path)/tuning/heard.jsonl"), as: UTF8.self)
        let answers = try heard.split(separator: "\n").map { try WireJSON.decode(JSONValue.self, from: $0.utf8) }
        #expect(answers[0]["facts"]?["board"]?["architecture"] == .string("aarch64"))
        #expect(answers[0]["facts"]?["emulated"] == .bool(true))
        #expect(answers.filter { $0["type"] == .string("measured") }.map { $0["id"] } == [.integer(1), .integer(3)])
        #expect(answers.compactMap { $0["code"]?.string } == ["invalid-request", "wrong-architecture"])
    }

    @Test(
        "The real search runs on an emulated board, and no compilation reads the entries it writes",
        .enabled(if: isBuilt, "make cross-tests fixtures-aarch64 was not run"))
    func realSearch() throws {
        let build = "\(Fixtures.checkout)/build"
        let agent = try emulatedAgent("cortex-a53")
        let desk = try TemporaryFolder()
        try desk.write(
            "targets.json",
            """
            {"schema": "harness.targets/1", "targets": [
              {"name": "rpi3", "agent": "\(agent.address)", "device": "cpu:0", "threads": 1,
               "tvm": {"kind": "llvm", "mtriple": "aarch64-linux-gnu", "mcpu": "cortex-a53"}}]}
            """)
        let ending = try ChildProcess.run(
            [
                try Fixtures.program("harness"), "tune", "--target", "rpi3", "--checkpoint",
                "\(try Fixtures.folder())/unet.pt", "--database", "tuning", "--python", "\(build)/venv/bin/python",
                "--layer", "8-8", "--budget", "1s", "--duration", "1ms", "--min-queries", "3",
            ], in: desk.path)
        #expect(ending.status == 0, "\(ending.output) \(ending.error)")
        #expect(ending.output.contains("its times are meaningless"))
        #expect(fileSize("\(desk.path)/tuning/rpi3.jsonl") == nil)
        let kept = String(decoding: try contents("\(desk.path)/tuning/rpi3.emulated.jsonl"), as: UTF8.self)
        let entries = try kept.split(separator: "\n").map { try WireJSON.decode(JSONValue.self, from: $0.utf8) }
        #expect(entries.map { $0["kernel"] } == [.string("direct"), .string("winograd")])
        for entry in entries {
            #expect(entry["machine"]?["cpu"]?.string?.hasSuffix(" (emulated)") == true, "\(entry)")
            #expect(entry["machine"]?["mcpu"] == .string("cortex-a53"))
        }
    }

    /// Pixels of each slice whose probability in PyTorch is within 1e-4 of the threshold.
    private func doubtfulPixels() throws -> [Int] {
        let fixtures = "\(Fixtures.checkout)/build/fixtures-aarch64"
        let bytes = try contents("\(fixtures)/reference/probabilities.f32")
        let dataset = try WireJSON.decode(DatasetManifest.self, from: contents("\(fixtures)/dataset/dataset.json"))
        let pixels = dataset.height * dataset.width
        return bytes.withUnsafeBytes { raw in
            let values = raw.bindMemory(to: Float.self)
            return stride(from: 0, to: values.count, by: pixels).map { start in
                values[start..<(start + pixels)].count { abs($0 - 0.5) < 1e-4 }
            }
        }
    }
}
