import AgentAPI
import Coordinator
import FoundationEssentials
import Statistics
import TestSupport
import Testing

@Suite struct FleetTests {
    private static func document(_ targets: String) -> String {
        "{\"schema\": \"harness.targets/1\",\n\"targets\": [\n\(targets)\n]}"
    }
    private static let good =
        "{\"name\": \"x86\", \"agent\": \"local\", \"device\": \"cpu:0\", \"tvm\": {\"kind\": \"llvm\", \"num-cores\": 2}}"

    @Test("The fleet as shipped is read")
    func shipped() throws {
        let fleet = try Fleet(path: "\(Fixtures.checkout)/targets.json")
        #expect(fleet.targets.map(\.name) == ["x86", "rpi3", "m1-vm", "cuda"])
        #expect(fleet.targets[0].isLocal && !fleet.targets[1].isLocal)
        #expect(fleet.targets[1].tvm["mcpu"] == .string("cortex-a53"))
        #expect(fleet.resolve("certs/x.pem") == "\(Fixtures.checkout)/certs/x.pem")
    }

    @Test(
        "A mistake is reported with its line and a remedy",
        arguments: [
            (
                good.replacing("\"agent\"", with: "\"agnet\""),
                "line 3: targets[0]: unknown key \"agnet\". Did you mean \"agent\"?"
            ),
            (good + ",\n" + good, "line 4: targets[1].name: duplicate name \"x86\". Give every target its own name."),
            (good.replacing("\"local\"", with: "5"), "line 3: targets[0].agent: expected a string, found a number."),
            (
                good.replacing("\"local\"", with: "\"rpi3.local\""),
                "line 3: targets[0].agent: \"rpi3.local\" is not an agent."
            ),
            (good.replacing("cpu:0", with: "gpu"), "line 3: targets[0].device: \"gpu\" is not a device."),
            (good.replacing("x86", with: "a b"), "line 3: targets[0].name: \"a b\" is not a name."),
            (
                good.replacing("{\"name\"", with: "{\"threads\": 0, \"name\""),
                "line 3: targets[0].threads: threads must be at least 1."
            ),
            (
                good.replacing("{\"name\"", with: "{\"health\": {\"steal_percent\": -1}, \"name\""),
                "line 3: targets[0].health: no limit may be below 0."
            ),
            (
                good.replacing("{\"name\"", with: "{\"health\": {\"steal_pct\": 1}, \"name\""),
                "line 3: targets[0].health: unknown key \"steal_pct\"."
            ),
            (good + ",", "line 4: expected a value. Remove the comma before it."),
        ])
    func mistakes(targets: String, expected: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("targets.json", Self.document(targets))
        let error = caught(InputError.self) { try Fleet(path: path) }
        #expect(error?.message.hasPrefix("\(path): \(expected)") == true, "\(error?.message ?? "")")
    }

    @Test("A target's own limits are read; the others keep their defaults")
    func health() throws {
        let folder = try TemporaryFolder()
        let health = "{\"health\": {\"foreign_load_percent\": 25, \"swap_pages\": 8}, \"name\""
        let path = try folder.write("t.json", Self.document(Self.good.replacing("{\"name\"", with: health)))
        let limits = try #require(try Fleet(path: path).targets[0].health)
        var expected = HealthLimits()
        (expected.foreignLoadPercent, expected.swapPages) = (25, 8)
        #expect(limits == expected)
    }

    @Test("Another schema and a missing file are refused")
    func others() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("t.json", Self.document(Self.good).replacing("targets/1", with: "targets/9"))
        #expect(caught(InputError.self) { try Fleet(path: path) }?.message.contains("line 1: schema") == true)
        #expect(
            caught(InputError.self) { try Fleet(path: "\(folder.path)/none") }?.message.contains("--targets") == true)
    }

    @Test("An unknown target gets a suggestion")
    func unknown() throws {
        let fleet = try Fleet(path: "\(Fixtures.checkout)/targets.json")
        let error = caught(InputError.self) { try fleet.targets(named: ["rip3"]) }
        #expect(error?.message.contains("Did you mean rpi3?") == true)
        #expect(try fleet.targets(named: ["cuda", "x86", "cuda"]).map(\.name) == ["cuda", "x86"])
    }
}

@Suite struct InputTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in ["bundle", "dataset"] {
            let copied = try ChildProcess.run(["cp", "-r", "\(Fixtures.folder())/\(name)", "\(folder.path)/\(name)"])
            try #require(copied.status == 0)
        }
    }

    private func bundleProblem() -> String {
        do throws(InputError) {
            _ = try BundleFolder(folder: "\(folder.path)/bundle")
            return ""
        } catch { return error.message }
    }

    private func datasetProblem() -> String {
        do throws(InputError) {
            _ = try DatasetFolder(folder: "\(folder.path)/dataset")
            return ""
        } catch { return error.message }
    }

    private func edit(_ file: String, _ change: (String) -> String) throws {
        try folder.write(file, change(String(decoding: contents("\(folder.path)/\(file)"), as: UTF8.self)))
    }

    @Test("The fixtures are valid")
    func good() {
        #expect(bundleProblem() == "" && datasetProblem() == "")
    }

    @Test("A changed module is detected by its hash, a truncated one by its size")
    func module() throws {
        let path = "\(folder.path)/bundle/module.so"
        var bytes = try contents(path)
        bytes[bytes.count / 2] ^= 1
        try folder.write("bundle/module.so", bytes)
        #expect(bundleProblem().contains("SHA-256"))
        try folder.write("bundle/module.so", Array(bytes.dropLast()))
        #expect(bundleProblem().contains("its manifest says"))
        _ = try ChildProcess.run(["rm", path])
        #expect(bundleProblem().contains("does not exist"))
    }

    @Test("A mistake in bundle.json is reported with its line")
    func manifest() throws {
        try edit("bundle/bundle.json") { $0.replacing("\"variant\"", with: "\"varaint\"") }
        #expect(bundleProblem().contains("unknown key \"varaint\". Did you mean \"variant\"?"))
        try edit("bundle/bundle.json") {
            $0.replacing("\"varaint\"", with: "\"variant\"").replacing("module.so", with: "../../etc/passwd")
        }
        #expect(bundleProblem().contains("must be a name in the bundle's folder"))
        // “module” is close to the missing “model” in spelling, but is a known key and so no suggestion.
        let text = #"{"schema": "harness.bundle/1", "name": "n", "module": {}, "created_at": ""}"#
        try folder.write("bundle/bundle.json", text)
        #expect(bundleProblem().contains("key \"model\" is missing"))
        try folder.write("bundle/bundle.json", "{")
        #expect(bundleProblem().contains("line 1"))
    }

    @Test("A missing mask and a truncated slice are reported with the file's name")
    func dataset() throws {
        let slice = try #require(try Fixtures.dataset().patients.first?.slices.first)
        let whole = try contents("\(folder.path)/dataset/\(slice.image.path)")
        try folder.write("dataset/\(slice.image.path)", Array(whole.prefix(whole.count / 2)))
        #expect(datasetProblem().contains(slice.image.path))
        try folder.write("dataset/\(slice.image.path)", whole)
        _ = try ChildProcess.run(["rm", "\(folder.path)/dataset/\(slice.mask.path)"])
        #expect(datasetProblem().contains(slice.mask.path) && datasetProblem().contains("does not exist"))
    }

    @Test("A slice whose size differs from dataset.json's is reported")
    func sizes() throws {
        try edit("dataset/dataset.json") { $0.replacing("\"height\": 256", with: "\"height\": 128") }
        #expect(datasetProblem().contains("is 256×256, dataset.json says 256×128"))
    }

    @Test("A path that leads out of the data set's folder is refused")
    func escape() throws {
        let slice = try #require(try Fixtures.dataset().patients.first?.slices.first)
        try edit("dataset/dataset.json") { $0.replacing(slice.image.path, with: "../../../etc/passwd") }
        #expect(datasetProblem().contains("is outside"))
    }
}
