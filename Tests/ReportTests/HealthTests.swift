import Statistics
import Store
import Testing

@testable import Report

/// What a report says of a run's health.
@Suite struct HealthTests {
    @Test("A degraded run is named with its reasons in HTML, Markdown and terminal; a good one is not")
    func degraded() throws {
        let model = ReportForms.model([
            try TestData.watched(1, degraded: "others took 95% of a core"), try TestData.watched(2, degraded: nil),
        ])
        let sentence = "x86 · a is DEGRADED: others took 95% of a core. Its time is not what the board can achieve."
        #expect(model.cautions.filter { $0.contains("DEGRADED") } == [sentence])
        for text in [ReportForms.html(model), ReportForms.markdown(model)[0].text, ReportForms.terminal(model)] {
            #expect(text.contains(sentence) && text.contains("Health") && text.contains("good"))
        }
        var emulated = try TestData.watched(1, degraded: "others took 95% of a core")
        emulated.summary.emulated = true
        #expect(!ReportForms.model([emulated]).cautions.contains { $0.contains("DEGRADED") })
        let unwatched = ReportForms.model([try TestData.run(1, variant: "a", medianNs: 4_000_000)])
        #expect(!ReportForms.terminal(unwatched).contains("Health"))
        let names = ProvenanceSection.pairs(unwatched.entries[0]).map(\.0)
        #expect(!names.contains("Health") && names.contains("Drift"))
    }

    @Test(
        "Readings stand beside each other; one that could not be had is not available, with its reason, and never zero")
    func readings() throws {
        let run = try TestData.watched(1, degraded: nil) {
            ($0.externalLoadCores, $0.lowestClockKhz, $0.highestClockKhz) = (0.021, 600_000, 1_200_000)
            ($0.cycles, $0.instructions, $0.cacheMisses) = (1000, 2500, 3)
            $0.unavailable = ["temperature": "the board has no sensor"]
        }
        let pairs = ProvenanceSection.pairs(ReportForms.model([run]).entries[0])
        func value(_ name: String) -> String { pairs.first { $0.0 == name }?.1 ?? "" }
        let text = value("Health while timed")
        #expect(text.contains("external load 2.10% of a core") && text.contains("clock 600 to 1200 MHz"))
        #expect(text.contains("2500 in 1000 cycles (2.50 per cycle), 3 cache misses"))
        #expect(text.contains("highest temperature not available") && text.contains("steal not available"))
        #expect(text.hasSuffix("11 readings in 10.0 s"))
        #expect(value("Not available") == "temperature: the board has no sensor")
        #expect(value("Health") == "within its limits")
    }

    @Test("Drift and dependence are those of the samples in their order")
    func drift() throws {
        var run = try TestData.watched(1, degraded: nil)
        func text(of name: String) -> String {
            ProvenanceSection.pairs(ReportForms.model([run]).entries[0]).first { $0.0 == name }?.1 ?? ""
        }
        #expect(text(of: "Drift").hasPrefix("none beyond chance"))
        #expect(text(of: "Dependence").contains("sample before 0.0"))
        for index in run.samples.indices { run.samples[index].computeNs = 1_000_000 + Int64(index) * 1000 }
        #expect(text(of: "Drift") == "drifted +14.6% (Mann–Kendall p below 0.001)")
        #expect(text(of: "Dependence").contains("sample before 0.99, Ljung–Box p below 0.001"))
    }
}
