import Results
import Store
import Text

/// The matrix target × variant.
enum TargetsSection: ReportSection {
    static func section(_ model: ReportModel) -> Section? {
        var about = "Latency is that of the call alone unless labelled end to end."
        if !model.baselines.isEmpty {
            about +=
                " Speed-up is the median of \(model.baselines.joined(separator: " or ")) over the run's own, both of one dispatch on one board."
        }
        return Section(title: "Targets and variants", about: about, blocks: [.table(table(model))])
    }

    /// The table, for a terminal with the short columns only.
    static func table(_ model: ReportModel, isShort: Bool = false) -> Table {
        let columns = columns.filter { column in
            (column.isShort || !isShort) && (column.isOf.map { model.shown.contains(where: $0) } ?? true)
        }
        let rows = model.shown.map { entry in
            Table.Row(columns.map { $0.cell(entry) }, isHighlighted: entry.gateResult.kind == .best)
        }
        return Table("matrix", columns.map(\.head), rows)
    }

    /// A column, and its cell for a run.
    private struct Column: Sendable {
        var head: Table.Column
        var cell: @Sendable (ReportModel.Entry) -> Table.Cell
        var isShort = false
        /// The runs that have something to say in it; nil for all.
        var isOf: (@Sendable (ReportModel.Entry) -> Bool)?

        typealias Content = @Sendable (ReportModel.Entry) -> String

        static func text(_ title: String, _ meaning: String, _ content: @escaping Content) -> Column {
            Column(head: .text(title, meaning)) { Table.Cell(content($0)) }
        }

        static func number(_ title: String, _ meaning: String, _ content: @escaping Content) -> Column {
            Column(head: .number(title, meaning)) { Table.Cell(content($0)) }
        }

        /// A number that emulation makes meaningless.
        static func time(
            _ title: String, _ meaning: String, _ emphasis: Table.Emphasis? = nil, _ content: @escaping Content
        ) -> Column {
            Column(head: .number(title, meaning)) { Table.Cell(content($0), $0.isEmulated ? .faint : emphasis) }
        }

        var short: Column {
            var column = self
            column.isShort = true
            return column
        }

        func of(_ isOf: @escaping @Sendable (ReportModel.Entry) -> Bool) -> Column {
            var column = self
            column.isOf = isOf
            return column
        }
    }

    /// What one chooses by comes first: a narrow window shows that much.
    private static let columns: [Column] = [
        .text("Target", "Board, by its name in targets.json") { $0.target + ($0.isEmulated ? " (emulated)" : "") }
            .short,
        .text("Variant", "Which build of the network") { $0.variant }.short,
        .text("Scenario", "How queries were issued, after MLPerf LoadGen") { $0.scenario.rawValue }.short
            .of { $0.scenario != ScenarioText.ordinary },
        verdict.short,
        .number("Dice", "Mean over patients of the Dice pooled over each patient's slices") {
            Format.dice($0.dice?.patientMean)
        }.short,
        .number("Runs", "Runs that repeat each other; the median is their location") {
            "\($0.repeats?.medians.runs ?? 1)"
        }.short.of { $0.repeats != nil },
        .time("Median", "Compute latency of one image: the call alone, input and output resident", .strong) {
            Format.duration($0.median)
        }.short,
        .time(
            "95% interval",
            "Of the median, by bootstrap; of repeated runs the widest of those over samples, runs and restarts"
        ) { $0.medianInterval.map(Format.durations) ?? Format.unknown },
        .time("p90", "90th percentile of compute latency") { Format.duration($0.spread?.p90) }.short,
        .time("p99", "99th percentile of compute latency") { Format.duration($0.spread?.p99) }.short,
        .time("End to end", "Median from 8-bit image to mask: normalise, call, threshold") {
            Format.duration($0.endToEndSpread?.median)
        },
        .time("Images/s", "One over the median") {
            $0.median.map { Format.digits(1e9 / $0) } ?? Format.unknown
        }.short,
        .time(
            "Speed-up",
            "The baseline's median over this one, of the same dispatch and board, with its bootstrap 95% interval"
        ) { entry in
            guard let speedUp = entry.speedUp else { return Format.unknown }
            if speedUp.baselineRun == entry.id { return "1 (baseline)" }
            return "\(Format.ratio(speedUp.ratio)) (\(Format.ratios(speedUp.interval)))"
        }.short.of { $0.speedUp != nil },
        .text("Health", "Whether the board was in a fit state while it measured") { HealthText.summary($0) }.short
            .of { $0.run.health != nil },
        .time(
            "Result",
            "The scenario's: single- and multi-stream the early-stopping estimate of the percentile of the queries' latencies, server and offline samples answered per second"
        ) { ScenarioText.result($0.run) }.short,
        .text(
            "Validity",
            "Whether the result may be quoted, by LoadGen's rules: duration, queries, latency bound, early stopping"
        ) { ScenarioText.validity($0.run) }.short,
        .time("To device", "Median of the input's copy to the GPU") {
            Format.duration($0.copies?.toDevice.median)
        }.of(hasGPU),
        .time("From device", "Median of the output's copy from the GPU") {
            Format.duration($0.copies?.fromDevice.median)
        }.of(hasGPU),
        .number("GPU memory", "Most memory taken on the GPU after its runtime was loaded") {
            Format.bytes($0.run.summary.peakDeviceBytes)
        }.of(hasGPU),
        .number("Peak", "Peak resident set of the runner's process") { Format.bytes($0.run.summary.peakResidentBytes) },
        .number("Model", "Peak minus the resident set before the module was loaded") {
            Format.bytes($0.modelMemoryBytes)
        }.short,
        .number("Module", "Size of the module's file") { Format.bytes($0.run.summary.moduleSizeBytes) },
        .text(
            "Masks",
            "Pixels that differ from the masks of one reference run of the same weights, and in how many slices"
        ) { $0.parity?.summary ?? Format.unknown },
        .text("Runs with", "Runner, and the version of TVM or of its framework") {
            "\($0.run.bundle.runner) \($0.run.bundle.frameworkVersion)"
        },
        .text("Schedules", "Whether the kernels' schedules were found by measuring, and where") {
            ModuleProvenance($0.run).schedules ?? Format.unknown
        }.of { ModuleProvenance($0.run).schedules != nil },
    ]

    private static let verdict = Column(
        head: .text("Verdict", "Accuracy gate first, then speed within a target and scenario")
    ) {
        let emphasis: Table.Emphasis =
            switch $0.gateResult.kind {
            case .best, .passes: .good
            case .belowGate, .failed: .bad
            case .withoutReference: .caution
            }
        return Table.Cell($0.gateResult.kind.rawValue, emphasis, note: $0.gateResult.reason)
    }

    @Sendable private static func hasGPU(_ entry: ReportModel.Entry) -> Bool {
        entry.copies != nil || entry.run.summary.peakDeviceBytes != nil
    }
}
