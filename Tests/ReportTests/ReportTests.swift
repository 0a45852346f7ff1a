import Statistics
import Store
import Testing

@testable import Report

@Suite struct ReportModelTests {
    @Test("The fastest that reaches the gate is the best; what is below it, emulated or failed is not")
    func verdicts() throws {
        let entries = ReportForms.model(try TestData.fleet()).entries
        func kind(_ id: Int64) -> GateResult.Kind? { entries.first { $0.run.summary.id == id }?.gateResult.kind }
        #expect(
            kind(2) == .best && kind(1) == .passes && kind(3) == .belowGate && kind(4) == .passes && kind(5) == .failed)
        #expect(entries.map(\.run.summary.target) == ["cuda", "rpi3", "x86", "x86", "x86"])
    }

    @Test("The recommendation names the variant and how far the next one is; an emulated board gets none")
    func recommendations() throws {
        let sentences = ReportForms.model(try TestData.fleet()).recommendations
        #expect(
            sentences[0].hasPrefix("On x86, use fp32-winograd")
                && sentences[0].contains("The next fastest, fp32-direct, takes 2.2"))
        #expect(sentences.contains { $0.hasPrefix("rpi3 was emulated") })
        #expect(sentences.contains { $0.hasPrefix("On cuda, every run failed") })
    }

    @Test("Each row of the table has its own cell under every head, and one coloured verdict with its reason")
    func matrix() throws {
        let model = ReportForms.model(try TestData.fleet())
        let table = TargetsSection.table(model)
        #expect(table.rows.count == model.shown.count)
        let place = try #require(table.columns.firstIndex { $0.title == "Verdict" })
        for (row, entry) in zip(table.rows, model.shown) {
            #expect(row.cells.count == table.columns.count)
            #expect(row.cells[place].text == entry.gateResult.kind.rawValue)
            #expect(row.cells[place].note == entry.gateResult.reason && row.cells[place].emphasis != nil)
            #expect(row.isHighlighted == (entry.gateResult.kind == .best))
            let median = try #require(zip(table.columns, row.cells).first { $0.0.title == "Median" }?.1)
            #expect(median.emphasis == (entry.isEmulated ? .faint : .strong))
        }
        #expect(ReportForms.html(model).contains(table.html))
    }

    @Test("Copies and GPU memory have columns where a run has them, and only there; a slowed board is named")
    func gpu() throws {
        var run = try TestData.run(1, target: "cuda", variant: "a", medianNs: 4_000_000)
        for index in run.samples.indices {
            run.samples[index].hostToDeviceNs = 120_000
            run.samples[index].deviceToHostNs = 30_000
        }
        run.summary.peakDeviceBytes = 300 << 20
        run.throttling = "sw-power-cap"
        let model = ReportForms.model([run, try TestData.run(2, variant: "a", medianNs: 9_000_000)])
        let markdown = ReportForms.markdown(model)[0].text
        #expect(markdown.contains("To device | From device | GPU memory"))
        #expect(markdown.contains("| 120 µs | 30.0 µs | 300 MiB |") && markdown.contains("| – | – | – |"))
        #expect(model.cautions.contains { $0.contains("cuda · a") && $0.contains("sw-power-cap") })
        let plain = try TestData.run(2, variant: "a", medianNs: 9_000_000)
        #expect(!ReportForms.markdown(ReportForms.model([plain]))[0].text.contains("To device"))
    }

    @Test("Each scenario has a ranking of its own, and what is INVALID says why and is not preferred")
    func scenarios() throws {
        func run(
            _ id: Int64, _ variant: String, _ medianNs: Int64, _ scenario: Scenario, _ reasons: [String]
        ) throws -> RunDetail {
            var run = try TestData.run(id, variant: variant, medianNs: medianNs)
            run.summary.scenario = scenario
            var validity = RunValidity(
                samplesPerQuery: 1, minDurationNs: 1, minQueries: 1, durationNs: 5_000_000, queries: 100)
            validity.reasons = reasons.map { .init(code: "x", message: $0) }
            (validity.percentile, validity.latencyNs, validity.discardedQueries) = (0.9, 12_000_000, 2)
            (run.validity, run.summary.validity) = (validity, validity.status)
            return run
        }
        let model = ReportBuilder.build(
            [
                try run(1, "fp32-direct", 9_000_000, .singleStream, []),
                try run(2, "fp32-winograd", 4_000_000, .singleStream, ["it was <short>"]),
                try run(3, "fp32-winograd", 5_000_000, .multiStream, []),
                try run(4, "fp32-direct", 3_000_000, .multiStream, []),
            ], title: "R", now: "")
        let best = model.entries.filter { $0.gateResult.kind == .best }.map(\.run.summary.id)
        #expect(Set(best) == [1, 4])
        #expect(model.entries.map(\.run.summary.id) == [4, 3, 2, 1])
        #expect(model.recommendations.contains { $0.hasPrefix("On x86, multi-stream, use fp32-direct") })
        #expect(model.cautions.contains("x86 · fp32-winograd is INVALID: it was <short>."))
        let terminal = ReportForms.terminal(model)
        #expect(terminal.contains("p90 ≤ 12.0 ms") && terminal.contains("INVALID") && terminal.contains("multi-stream"))
        let html = ReportForms.html(model)
        #expect(html.contains("it was &lt;short&gt;") && !html.contains("<short>"))
        #expect(html.contains("<dt>Validity</dt><dd>VALID</dd>"))
        // Runs of one scenario, and that the usual one, need no column for it.
        #expect(
            !ReportForms.terminal(ReportBuilder.build(try TestData.fleet(), title: "", now: "")).contains("Scenario"))
    }

    @Test("Two variants whose intervals overlap count as equally fast")
    func same() throws {
        let sentences = ReportForms.model([
            try TestData.run(1, variant: "a", medianNs: 4_000_000),
            try TestData.run(2, variant: "b", medianNs: 4_000_100),
        ])
        .recommendations
        #expect(sentences[0].contains("as fast, as far as these runs can tell"))
    }

    @Test("Without PyTorch's score the best of the same weights is the reference; alone there is none")
    func reference() throws {
        let entries = ReportForms.model([
            try TestData.run(1, variant: "a", medianNs: 10, dice: 95, reference: nil),
            try TestData.run(2, variant: "b", medianNs: 20, dice: 80, reference: nil),
        ]).entries
        #expect(entries.first { $0.run.summary.id == 2 }?.gateResult.kind == .belowGate)
        #expect(
            ReportForms.model([try TestData.run(1, variant: "a", medianNs: 10, reference: nil)]).entries[0].gateResult
                .kind
                == .withoutReference)
    }

    @Test("Synthetic data, emulation and virtual machines have a caution")
    func cautions() throws {
        let notes = ReportForms.model(try TestData.fleet()).cautions
        #expect(notes.contains { $0.contains("synthetic") } && notes.contains { $0.hasPrefix("Emulated: rpi3") })
        #expect(notes.contains { $0.contains("virtual machine (kvm)") })
        #expect(
            !ReportForms.model([try TestData.run(1, variant: "a", medianNs: 1, synthetic: false)]).cautions.contains {
                $0.contains("synthetic")
            })
    }

    @Test("The terminal's table has a line a run, failures with their reason")
    func terminal() throws {
        let text = ReportForms.terminal(ReportForms.model(try TestData.fleet()))
        for part in ["fp32-winograd", "best", "below gate", "rpi3 (emulated)", "the agent <is> not reachable", "Dice"] {
            #expect(text.contains(part), "\(part)")
        }
    }

    @Test("Markdown shows every chart as a file beside it, and escapes what it must")
    func markdown() throws {
        let files = ReportForms.markdown(ReportForms.model(try TestData.fleet()))
        #expect(files.map(\.name) == ["report.md", "latency.svg", "dice.svg", "slice-1.svg"])
        for file in files.dropFirst() {
            #expect(files[0].text.contains("(\(file.name))") && file.text.hasPrefix("<svg"))
        }
        #expect(files[0].text.contains("phantom \\<b\\>"))
    }

    @Test("HTML names nothing outside itself and escapes what comes from elsewhere")
    func html() throws {
        let html = ReportForms.html(ReportForms.model(try TestData.fleet()))
        #expect(
            !html.contains("src=\"http") && !html.contains("href=\"http") && !html.contains("@import")
                && !html.contains("url("))
        #expect(!html.contains("phantom <b>") && html.contains("phantom &lt;b&gt;") && html.contains("CPU &amp; co"))
        for section in [
            "matrix", "failures", "Latency", "Dice against latency", "Sample slices", "phases", "Provenance",
        ] {
            #expect(html.contains(section), "\(section)")
        }
    }

    @Test("Equal runs give equal bytes")
    func deterministic() throws {
        let (first, second) = (try TestData.fleet(), try TestData.fleet())
        let (one, other) = (ReportForms.html(ReportForms.model(first)), ReportForms.html(ReportForms.model(second)))
        #expect(one == other)
    }

    @Test("A report of nothing but failures is a report")
    func onlyFailures() throws {
        let failed = ReportForms.model([try TestData.run(1, variant: "a", medianNs: 1, outcome: .failed, failure: "no")]
        )
        #expect(ReportForms.html(failed).contains("Failures"))
        #expect(ReportForms.markdown(failed).map(\.name) == ["report.md"])
    }
}

@Suite struct DrawingTests {
    @Test("A mask's outline runs along its pixels' edges, holes included")
    func outline() {
        #expect(Outline.path([1], width: 1, height: 1) == "M0 0H1V1H0V0Z")
        #expect(Outline.path([0, 0, 0, 0], width: 2, height: 2) == "")
        #expect(Outline.path([1, 1, 1, 1], width: 2, height: 2) == "M0 0H2V2H0V0Z")
        let ring: [UInt8] = [1, 1, 1, 1, 0, 1, 1, 1, 1]
        #expect(Outline.path(ring, width: 3, height: 3).split(separator: "M").count == 2)
        let apart: [UInt8] = [1, 0, 1]
        #expect(Outline.path(apart, width: 3, height: 1).split(separator: "M").count == 2)
    }

    @Test("An axis has round ticks within it")
    func ticks() {
        let axis = Axis(from: 0, to: 9.3, start: 0, end: 100)
        #expect(axis.ticks == [0, 2, 4, 6, 8])
        #expect(Axis(from: 0.9, to: 1, start: 0, end: 1).ticks.allSatisfy { $0 >= 0.9 && $0 <= 1.0001 })
        #expect(Axis(from: 1, to: 1, start: 0, end: 1).ticks.isEmpty)
        let logarithmic = Axis(from: 0.5, to: 500, start: 0, end: 300, isLogarithmic: true)
        #expect(logarithmic.ticks.map { $0.rounded() } == [1, 10, 100] && abs(logarithmic.position(5) - 100) < 1e-9)
    }

    @Test("Labels of equal points do not cover each other")
    func labels() {
        var placer = LabelPlacer(obstacles: [(100, 100), (102, 100)])
        let first = placer.place("a label", besideX: 100, y: 100, within: 0...800)
        let second = placer.place("a label", besideX: 102, y: 100, within: 0...800)
        #expect(first.isRight != second.isRight || abs(first.y - second.y) >= 15)
    }
}
