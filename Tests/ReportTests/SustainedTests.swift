import Statistics
import Store
import Testing

@testable import Report

/// What a report says of what boards keep up.
@Suite struct SustainedTests {
    private static func model(_ runs: [RunDetail]) -> ReportModel {
        ReportBuilder.build(runs, title: "T", now: "2026-01-01T00:00:00Z")
    }

    private static let fading: [Int64] = [1_000_000, 1_000_000, 1_300_000, 1_300_000, 1_300_000, 1_300_000]
    private static let steady = [Int64](repeating: 1_100_000, count: 6)

    @Test("A run that fades has burst, sustained, and from when on it is slower; one that does not is not said to")
    func fading() throws {
        let model = Self.model([
            try TestData.long(1, variant: "a", medians: Self.fading),
            try TestData.long(2, variant: "b", medians: Self.steady),
        ])
        for text in [HTMLReport.render(model), MarkdownReport.render(model)[0].text] {
            #expect(text.contains("Sustained / burst") && text.contains("1.30×") && text.contains("2.00 s"))
            #expect(text.contains("not seen") && text.contains("1.00×"))
            #expect(text.contains("a (run 1) is faster at first (1.10×), b (run 2) sustained (1.18×)"))
        }
        let entry = try #require(model.entries.first { $0.run.summary.variant == "a" })
        let pairs = Provenance.pairs(entry)
        #expect(pairs.first { $0.0 == "Slower from" }?.1 == "2.00 s, seen by latency")
        #expect(pairs.first { $0.0 == "Sustained" }?.1.contains("in the first window of 1.00 s") == true)
        #expect(MarkdownReport.render(model).map(\.name).contains("sustained-1.svg"))
        #expect(WindowTable.rows(entry.run).count == 6)
    }

    @Test("What the board said is the witness, before the latency shows it")
    func witnesses() throws {
        var told = (0..<6).map(HealthWindow.init(index:))
        told[1].throttling = ["throttled"]
        told[1].externalLoadCores = 0.754
        let run = try TestData.long(1, variant: "a", medians: Self.fading, health: told)
        let cells = SustainedWords.cells(Self.model([run]).entries[0])
        #expect(cells.suffix(2) == ["1.00 s", "the board: throttled"])
        #expect(WindowTable.rows(run)[1].suffix(4) == ["–", "–", "75% of a core", "throttled"])
        #expect(WindowTable.rows(run).allSatisfy { $0.count == WindowTable.head.count })
        #expect(SustainedWords.flips(Self.model([run])).isEmpty, "there is nobody to change places with")
    }

    @Test("Equal runs, and two that keep their order, do not flip")
    func order() throws {
        let slower = Self.steady.map { $0 * 2 }
        let model = Self.model([
            try TestData.long(1, variant: "a", medians: Self.fading),
            try TestData.long(2, variant: "b", medians: slower),
            try TestData.long(3, variant: "c", medians: slower),
        ])
        let said = "On x86, no two of 3 runs change their order from burst to sustained, as far as 99% intervals tell."
        #expect(SustainedWords.flips(model) == [said])
    }

    @Test("Short runs and emulated ones say nothing of what is sustained")
    func none() throws {
        var emulated = try TestData.long(1, variant: "a", medians: Self.fading)
        emulated.summary.emulated = true
        let short = try TestData.long(2, variant: "b", medians: [1_000_000, 1_000_000])
        let model = Self.model([emulated, short])
        #expect(model.entries.allSatisfy { $0.sustained == nil })
        let text = HTMLReport.render(model) + MarkdownReport.render(model)[0].text
        #expect(!text.contains("Sustained / burst") && !text.contains("Latency over time"))
        #expect(WindowTable.rows(emulated).isEmpty && WindowTable.rows(short).count == 2)
    }
}
