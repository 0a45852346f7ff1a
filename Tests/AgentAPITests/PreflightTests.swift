@testable import AgentAPI
import TestSupport
import Testing

/// Every mismatch of bundle and board, each with its code and remedy.
@Suite struct PreflightTests {
    /// A real bundle with these requirements.
    private static func bundle(_ change: (inout BundleManifest) -> Void = { _ in }) throws -> BundleManifest {
        var bundle = try Fixtures.bundle()
        bundle.target.architecture = "aarch64"
        bundle.target.tvm = ["kind": .string("llvm"), "mcpu": .string("apple-m1")]
        bundle.tvm?.version = "0.27.0"
        bundle.module.sizeBytes = 10 << 20
        bundle.requires?.cpuFeatures = ["asimd", "atomics"]
        bundle.requires?.glibc = "2.9"
        bundle.requires?.pageSizeBytes = 16384
        bundle.requires?.weightsBytes = 8 << 20
        bundle.requires?.workspaceBytes = 20 << 20
        change(&bundle)
        return bundle
    }

    private static func info(_ change: (inout AgentInfo) -> Void = { _ in }) -> AgentInfo {
        var board = Board(architecture: "aarch64", cpuFeatures: ["asimd", "atomics", "crc32"], cores: 4, kernel: "6")
        (board.cpuModel, board.pageSizeBytes, board.glibc) = ("Cortex-A53", 16384, "2.38")
        return AgentInfo(agent: .init(instance: "i", startedAt: ""), board: board) {
            $0.conditions = BoardConditions { $0.availableMemoryBytes = 38 << 20 }
            $0.devices = [.init(name: "cpu:0", kind: "cpu", description: "")]
            ($0.tvm, $0.runners) = (.init(version: "0.27.0", ffiVersion: "0.1.14"), ["tvm"])
            change(&$0)
        }
    }

    private static func objections(
        device: String = "cpu:0", board: (inout AgentInfo) -> Void = { _ in },
        bundle: (inout BundleManifest) -> Void = { _ in }
    ) throws -> [Failure] {
        Preflight(bundle: try self.bundle(bundle), info: info(board), device: device).objections
    }

    @Test("A bundle that just fits, to the byte and the version, has no objections")
    func fits() throws { #expect(try Self.objections() == []) }

    @Test("A board without facts and a bundle without requirements have no objections")
    func silence() throws {
        #expect(
            try Self.objections(board: {
                ($0.board.cpuFeatures, $0.board.glibc, $0.conditions) = ([], nil, nil)
            }) == [])
        #expect(try Self.objections(bundle: { $0.requires = nil }) == [])
    }

    @Test("A module for another runner needs no TVM on the board")
    func otherRunner() throws {
        let found = try Self.objections(board: { ($0.tvm, $0.runners) = (nil, ["pytorch"]) }) {
            ($0.runner, $0.tvm, $0.requires) = ("pytorch", nil, nil)
        }
        #expect(found == [])
    }

    struct Mismatch: Sendable, CustomTestStringConvertible {
        var code: FailureCode
        var words: [String]
        var device = "cpu:0"
        var board: @Sendable (inout AgentInfo) -> Void = { _ in }
        var bundle: @Sendable (inout BundleManifest) -> Void = { _ in }
        var testDescription: String { code.rawValue }
    }

    private static let gpu: AgentInfo.Device = {
        var gpu = AgentInfo.Device(name: "cuda:0", kind: "cuda", description: "GPU")
        (gpu.computeCapability, gpu.memoryBytes) = ("8.7", 8 << 30)
        return gpu
    }()

    private static func compiledForGPU(_ bundle: inout BundleManifest, _ arch: String) {
        bundle.target.device = "cuda"
        bundle.requires?.cudaArch = arch
    }

    private static func withGPU(_ info: inout AgentInfo) {
        info.devices.append(gpu)
        info.tvm?.cudaVersion = "13.0.96"
    }

    static let mismatches = [
        Mismatch(code: .runnerMissing, words: ["“tvm”", "onnx"], board: { $0.runners = ["onnx"] }),
        Mismatch(
            code: .runnerMissing, words: ["“pytorch”", "harness-python-runner", "--runner pytorch=PATH"],
            bundle: { ($0.runner, $0.tvm) = ("pytorch", nil) }),
        Mismatch(code: .tvmVersionMismatch, words: ["does not say which TVM"], bundle: { $0.tvm = nil }),
        Mismatch(code: .deviceMissing, words: ["cuda:0", "cpu:0", "driver"], device: "cuda:0"),
        Mismatch(
            code: .wrongDevice, words: ["compiled for cpu", "cuda:0"], device: "cuda:0",
            board: { $0.devices.append(gpu) }),
        Mismatch(
            code: .wrongArchitecture, words: ["compiled for x86_64", "board is aarch64", "mtriple"],
            bundle: { $0.target.architecture = "x86_64" }),
        Mismatch(
            code: .cpuFeaturesMissing, words: ["apple-m1", "atomics, uscat", "Cortex-A53", "mcpu"],
            board: { $0.board.cpuFeatures = ["asimd"] }, bundle: { $0.requires?.cpuFeatures.append("uscat") }),
        Mismatch(
            code: .wrongCUDAArchitecture, words: ["compiled for sm_90, the board's cuda:0 is sm_87", "recompile"],
            device: "cuda:0", board: { withGPU(&$0) },
            bundle: { compiledForGPU(&$0, "sm_90") }),
        Mismatch(
            code: .tvmMissing, words: ["no part for GPUs", "runtime --cuda"], device: "cuda:0",
            board: { $0.devices.append(gpu) }, bundle: { compiledForGPU(&$0, "sm_87") }),
        Mismatch(
            code: .driverTooOld, words: ["13.0.96", "12.4", "580"], device: "cuda:0",
            board: {
                withGPU(&$0)
                $0.devices[1].cudaVersion = "12.4"
            }, bundle: { compiledForGPU(&$0, "sm_87") }),
        Mismatch(
            code: .tvmVersionMismatch, words: ["0.27.0", "0.28.0"],
            board: { $0.tvm = .init(version: "0.28.0", ffiVersion: "1") }),
        Mismatch(
            code: .tvmMissing, words: ["where it was looked for"],
            board: { ($0.tvm, $0.runtimeProblem) = (nil, "where it was looked for") }),
        Mismatch(code: .glibcTooOld, words: ["2.39", "2.38"], bundle: { $0.requires?.glibc = "2.39" }),
        Mismatch(
            code: .pageSize, words: ["4 KiB", "16 KiB", "max-page-size"], bundle: { $0.requires?.pageSizeBytes = 4096 }
        ),
        Mismatch(
            code: .memoryTooSmall, words: ["needs about 38 MiB", "file 10 MiB", "has 38 MiB to give"],
            board: { $0.conditions?.availableMemoryBytes = (38 << 20) - 1 },
            bundle: { $0.requires?.workspaceBytes = 20 << 20 }),
        Mismatch(
            code: .memoryTooSmall, words: ["28 MiB on cuda:0", "27 MiB free"], device: "cuda:0",
            board: {
                withGPU(&$0)
                $0.conditions?.gpus = [.init(device: "cuda:0") { $0.freeMemoryBytes = 27 << 20 }]
            }, bundle: { compiledForGPU(&$0, "sm_87") }),
    ]

    @Test("A mismatch is one objection that names both sides and the remedy", arguments: mismatches)
    func mismatch(_ mismatch: Mismatch) throws {
        let found = try Self.objections(device: mismatch.device, board: mismatch.board, bundle: mismatch.bundle)
        #expect(found.map(\.code) == [mismatch.code])
        for word in mismatch.words {
            #expect(found.first?.message.contains(word) == true, "\(found.first?.message ?? "nothing")")
        }
    }

    @Test("Memory used by another job is not counted against the next")
    func running() throws {
        #expect(
            try Self.objections(board: {
                $0.conditions?.availableMemoryBytes = 1
                $0.runningJobs = 1
            }) == [])
    }

    @Test("For another architecture, missing CPU features are not listed as well")
    func order() throws {
        let codes = try Self.objections(
            board: { $0.tvm = nil },
            bundle: {
                $0.target.architecture = "x86_64"
                $0.requires?.cpuFeatures = ["avx2"]
            }
        ).map(\.code)
        #expect(codes == [FailureCode.wrongArchitecture, .tvmMissing])
    }

    @Test(
        "Machine code runs on the same architecture or a later minor revision of it, between cards or between boards",
        arguments: [
            ("sm_86", "8.6", true), ("sm_80", "8.6", true), ("sm_86", "8.0", false), ("sm_90", "8.7", false),
            ("sm_80", "8.7", false), ("sm_87", "8.9", false), ("sm_87", "8.7", true), ("sm_90a", "9.0", true),
            ("sm_100a", "10.3", false), ("sm_120", "12.1", true), ("sm_75", "8.6", false),
        ])
    func architectures(code: String, capability: String, runs: Bool) throws {
        let (code, board) = (try #require(CUDAArchitecture(code)), CUDAArchitecture(capability: capability))
        #expect(try #require(board).runs(code) == runs)
    }

    @Test("A malformed CUDA architecture is refused")
    func noArchitecture() {
        for text in ["", "sm_", "sm_9", "compute_90", "90"] { #expect(CUDAArchitecture(text) == nil) }
        for text in ["", "8", "8.x", "8.6.1"] { #expect(CUDAArchitecture(capability: text) == nil) }
        #expect(CUDAArchitecture("sm_103a")?.description == "sm_103a")
    }

    @Test("A device is a kind and an index, and the CPU's index is 0")
    func devices() {
        #expect(DeviceName("cuda:1") == DeviceName("cuda:1") && DeviceName("cuda:1")?.index == 1)
        #expect(DeviceName("cpu:0")?.kind == .cpu && DeviceName("cpu:0")?.description == "cpu:0")
        for text in ["", "cpu", "cpu:1", "gpu:0", "cuda:-1", "cuda:x", "cuda:0:1"] { #expect(DeviceName(text) == nil) }
    }
}
