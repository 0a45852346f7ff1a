import Statistics
import Store
import Testing

@testable import Report

/// What a report says of what boards keep up.
@Suite struct SustainedTests {
    private static let fading: [Int64] = [1_000_000, 1_000_000, 1_300_000, 1_300_000, 1_300_000, 1_300_000]
    private static let steady = [Int64](repeating: 1_100_000, count: 6)

    @Test(
        "A run that fades has burst, sustained, and from when on it is slower; a steady one is not reported as slower")
    func fading() throws {
        let model = ReportForms.model([
            try TestData.long(1, variant: "a", medians: Self.fading),
            try TestData.long(2, variant: "b", medians: Self.steady),
        ])
        for text in [ReportForms.html(model), ReportForms.markdown(model)[0].text] {
            #expect(text.contains("Sustained / burst") && text.contains("1.30×") && text.contains("2.00 s"))
            #expect(text.contains("not detected") && text.contains("1.00×"))
            #expect(text.contains("a (run 1) is faster in the first window (1.10×), b (run 2) when sustained (1.18×)"))
        }
        let entry = try #require(model.entries.first { $0.run.summary.variant == "a" })
        let pairs = ProvenanceSection.pairs(entry)
        #expect(pairs.first { $0.0 == "Slower from" }?.1 == "2.00 s, detected by latency")
        #expect(pairs.first { $0.0 == "Sustained" }?.1.contains("in the first window of 1.00 s") == true)
        #expect(ReportForms.markdown(model).map(\.name).contains("sustained-1.svg"))
        #expect(RunPage.windows(entry.run)?.rows.count == 6)
    }

    @Test("What the board reported is the evidence, before the latency shows it")
    func witnesses() throws {
        var reported = (0..<6).map(HealthWindow.init(index:))
        reported[1].throttling = ["throttled"]
        reported[1].externalLoadCores = 0.754
        let run = try TestData.long(1, variant: "a", medians: Self.fading, health: reported)
        let cells = SustainedSection.row(ReportForms.model([run]).entries[0])
        #expect(cells.suffix(2) == ["1.00 s", "the board: throttled"])
        let windows = try #require(RunPage.windows(run))
        #expect(windows.rows[1].cells.suffix(4).map(\.text) == ["–", "–", "75.4% of a core", "throttled"])
        #expect(windows.rows.allSatisfy { $0.cells.count == windows.columns.count })
        #expect(SustainedSection.reversals(ReportForms.model([run])).isEmpty, "there is nobody to change places with")
    }

    @Test("Equal runs, and two that keep their order, do not flip")
    func order() throws {
        let slower = Self.steady.map { $0 * 2 }
        let model = ReportForms.model([
            try TestData.long(1, variant: "a", medians: Self.fading),
            try TestData.long(2, variant: "b", medians: slower),
            try TestData.long(3, variant: "c", medians: slower),
        ])
        let text = "On x86, none of the 3 runs changes rank from burst to sustained, as far as 99% intervals can tell."
        #expect(SustainedSection.reversals(model) == [text])
    }

    @Test("Short runs and emulated ones say nothing of what is sustained")
    func none() throws {
        var emulated = try TestData.long(1, variant: "a", medians: Self.fading)
        emulated.summary.emulated = true
        let short = try TestData.long(2, variant: "b", medians: [1_000_000, 1_000_000])
        let model = ReportForms.model([emulated, short])
        #expect(model.entries.allSatisfy { $0.sustained == nil })
        let text = ReportForms.html(model) + ReportForms.markdown(model)[0].text
        #expect(!text.contains("Sustained / burst") && !text.contains("Latency over time"))
        #expect(RunPage.windows(emulated) == nil && RunPage.windows(short)?.rows.count == 2)
    }
}
