import Statistics
import Store
import Testing

@testable import Report

/// What is compared with a baseline, and what never is.
@Suite struct SpeedUpTests {
    private static func eager(_ change: (inout RunDetail) -> Void = { _ in }) throws -> RunDetail {
        var run = try TestData.run(1, variant: "pytorch-eager", medianNs: 8_000_000)
        (run.bundle.runner, run.bundle.frameworkVersion, run.bundle.tvmVersion) = ("pytorch", "2.13.0", "")
        change(&run)
        return run
    }

    private static func compiled(_ change: (inout RunDetail) -> Void = { _ in }) throws -> RunDetail {
        var run = try TestData.run(2, variant: "fp32-winograd", medianNs: 2_000_000)
        change(&run)
        return run
    }

    private static func speedUp(of id: Int64, _ runs: [RunDetail], baseline: String? = nil) -> SpeedUp? {
        ReportForms.model(runs, baseline: baseline).entries.first { $0.run.summary.id == id }?.speedUp
    }

    @Test("The speed-up is the ratio of the medians, within its interval; the baseline's own is 1")
    func ratio() throws {
        let runs = [try Self.eager(), try Self.compiled()]
        let found = try #require(Self.speedUp(of: 2, runs))
        let (slow, fast) = (try #require(runs[0].summary.medianNs), try #require(runs[1].summary.medianNs))
        #expect(found.ratio == slow / fast && found.baseline == "pytorch-eager" && found.baselineRun == 1)
        #expect(found.interval.lower < found.ratio && found.ratio < found.interval.upper)
        #expect(found.interval.upper - found.interval.lower < 0.3)
        #expect(Self.speedUp(of: 1, runs)?.interval == Interval(lower: 1, upper: 1))
    }

    @Test("PyTorch is the default baseline, ONNX Runtime where there is none, and --baseline chooses any other")
    func choice() throws {
        var onnx = try TestData.run(3, variant: "onnxruntime-fp32", medianNs: 4_000_000)
        onnx.bundle.runner = "onnxruntime"
        let (eager, compiled) = (try Self.eager(), try Self.compiled())
        #expect(Self.speedUp(of: 2, [onnx, eager, compiled])?.baseline == "pytorch-eager")
        #expect(Self.speedUp(of: 2, [onnx, compiled])?.baseline == "onnxruntime-fp32")
        #expect(Self.speedUp(of: 2, [compiled]) == nil)
        let chosen = Self.speedUp(of: 1, [onnx, eager, compiled], baseline: "fp32-winograd")
        #expect(chosen?.baseline == "fp32-winograd" && (chosen?.ratio ?? 1) < 0.3)
        #expect(Self.speedUp(of: 2, [onnx, eager, compiled], baseline: "none") == nil)
    }

    struct Difference: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var change: @Sendable (inout RunDetail) -> Void
    }

    static let differences = [
        Difference(testDescription: "dispatch") { $0.summary.dispatchID = "other" },
        Difference(testDescription: "target") { $0.summary.target = "rpi3" },
        Difference(testDescription: "board") { $0.board?.agentInstance = "other" },
        Difference(testDescription: "device") { $0.device = "cuda:0" },
        Difference(testDescription: "threads") { $0.threads = 1 },
        Difference(testDescription: "weights") { $0.bundle.checkpointSHA256 = "other" },
        Difference(testDescription: "emulation") { $0.summary.emulated = true },
        Difference(testDescription: "outcome") { $0.summary.outcome = .failed },
    ]

    @Test("Runs that differ in this are never compared, whichever of the two it is", arguments: differences)
    func never(difference: Difference) throws {
        #expect(Self.speedUp(of: 2, [try Self.eager(difference.change), try Self.compiled()]) == nil)
        #expect(Self.speedUp(of: 2, [try Self.eager(), try Self.compiled(difference.change)]) == nil)
    }

    @Test("A run of the same target from another dispatch has none, and a caution says so")
    func caution() throws {
        let apart = try ReportForms.model([Self.eager(), Self.compiled { $0.summary.dispatchID = "other" }])
        #expect(apart.cautions.contains { $0.contains("fp32-winograd was not measured with pytorch-eager") })
        let together = try ReportForms.model([Self.eager(), Self.compiled()])
        #expect(!together.cautions.contains { $0.contains("not measured with") })
    }

    @Test(
        "All three forms say the speed-up, against what, and what each run ran with; without a baseline there is no column"
    )
    func rendered() throws {
        let model = try ReportForms.model([Self.eager(), Self.compiled()])
        let markdown = ReportForms.markdown(model)[0].text
        for text in [ReportForms.html(model), markdown, ReportForms.terminal(model)] {
            #expect(text.contains("Speed-up") && text.contains("1 (baseline)"))
            #expect(text.contains("as fast as pytorch-eager in the same dispatch (95% interval 3.9"))
        }
        for text in [ReportForms.html(model), markdown] {
            #expect(text.contains("pytorch 2.13.0") && text.contains("tvm 0.27.0"))
            #expect(text.contains("Speed-up is the median of pytorch-eager over the run's own"))
        }
        #expect(!(try ReportForms.html(ReportForms.model([Self.compiled()])).contains("Speed-up")))
    }
}
