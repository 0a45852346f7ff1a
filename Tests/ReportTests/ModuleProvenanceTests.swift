import Store
import Testing

@testable import Report

/// What a report says of how a module was made.
@Suite struct ModuleProvenanceTests {
    private static func run(_ manifest: String, cpu: String? = "Cortex-A53", emulated: Bool = false) throws -> RunDetail
    {
        var run = try TestData.run(1, variant: "int8", medianNs: 4_000_000, emulated: emulated)
        run.bundle.manifestJSON = manifest
        run.board?.cpuModel = cpu
        return run
    }

    private static func tuning(_ measured: Int, _ names: String...) -> String {
        let list = names.map { "\"\($0)\"" }.joined(separator: ",")
        return "{\"name\":\"b\",\"tuning\":{\"layers\":22,\"measured\":\(measured),\"measured_on\":[\(list)]}}"
    }

    @Test(
        "Schedules are from this CPU, from another, in part, or from none",
        arguments: [
            (tuning(22, "Cortex-A53"), "tuned on Cortex-A53"),
            (tuning(22, "AMD EPYC"), "tuned on another CPU: AMD EPYC"),
            (tuning(22, "AMD EPYC", "Cortex-A53"), "tuned on another CPU: AMD EPYC"),
            (tuning(18, "Cortex-A53"), "partly tuned (18 of 22 layers)"),
            (tuning(18, "AMD EPYC"), "partly tuned (18 of 22 layers) on another CPU: AMD EPYC"),
            (tuning(0), "untuned"),
        ])
    func schedules(manifest: String, expected: String) throws {
        #expect(ModuleProvenance(try Self.run(manifest)).schedules == expected)
    }

    @Test("What was measured under emulation is of the same CPU under emulation only")
    func emulated() throws {
        let manifest = Self.tuning(22, "Cortex-A53 (emulated)")
        #expect(ModuleProvenance(try Self.run(manifest, emulated: true)).schedules == "tuned on Cortex-A53 (emulated)")
        #expect(ModuleProvenance(try Self.run(manifest)).schedules == "tuned on another CPU: Cortex-A53 (emulated)")
        #expect(ModuleProvenance(try Self.run(Self.tuning(22, "X"), cpu: nil)).schedules == "tuned on X")
    }

    @Test("A bundle without a choice, or of another age, says nothing", arguments: ["{}", "{\"tuning\":null}", "old"])
    func nothing(manifest: String) throws {
        let run = try Self.run(manifest)
        #expect(ModuleProvenance(run).schedules == nil && ModuleProvenance(run).calibration == nil)
        let model = ReportBuilder.build([run], title: "T", now: "2026-01-01T00:00:00Z")
        #expect(!ReportForms.html(model).contains("Schedules"))
    }

    @Test("HTML, Markdown and a run's page have both, calibration for int8 alone")
    func rendered() throws {
        let calibration = "\"calibration\":{\"slices\":32,\"dataset_sha256\":\"ab\",\"dice\":0.91234}"
        let int8 = try Self.run("{\(calibration),\(Self.tuning(22, "AMD EPYC").dropFirst())")
        var plain = try TestData.run(2, variant: "fp32", medianNs: 9_000_000)
        plain.bundle.manifestJSON = "{\"calibration\":null}"
        let model = ReportBuilder.build([int8, plain], title: "T", now: "2026-01-01T00:00:00Z")
        let calibrated = "ranges from 32 slices; Dice 0.9123 with bytes on the data set with SHA-256 ab"
        for text in [ReportForms.html(model), ReportForms.markdown(model)[0].text] {
            #expect(text.contains("tuned on another CPU: AMD EPYC") && text.contains(calibrated))
            #expect(text.components(separatedBy: "Calibration").count == 2)
        }
        let names = ProvenanceSection.pairs(try #require(model.entries.first { $0.run.summary.id == 1 })).map(\.0)
        #expect(names.contains("Schedules") && names.contains("Calibration"))
    }
}

extension String {
    fileprivate func components(separatedBy word: String) -> [Substring] {
        split(separator: word, omittingEmptySubsequences: false)
    }
}
