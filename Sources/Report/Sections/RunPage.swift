import Results
import Statistics
import Store
import Text

/// All of one run, for a terminal.
public enum RunPage {
    /// What is known of it, then its windows, phases and Dice.
    public static func blocks(_ run: RunDetail) -> [Block] {
        let model = ReportBuilder.build([run], title: "", now: "")
        guard let entry = model.entries.first else { return [] }
        var blocks: [Block] = [.paragraph(entry.label), .pairs(ProvenanceSection.pairs(entry))]
        if let compute = entry.compute {
            let text =
                "Latency (compute): \(compute.count) samples, median \(Format.duration(compute.median)), p90 \(Format.duration(compute.p90)), p99 \(Format.duration(compute.p99)), max \(Format.duration(compute.maximum))"
            blocks.append(.paragraph(text))
        }
        if let windows = windows(run) { blocks.append(.group("Windows", [.table(windows)])) }
        let phases = run.phases.map {
            [$0.name.rawValue, Format.duration($0.durationNs), Format.bytes($0.peakResidentBytes)]
        }
        blocks.append(
            .group("Phases", [.table(Table("phases", [.text("Phase"), .number("Time"), .number("Peak")], phases))]))
        if let dice = entry.dice {
            let rows = dice.patients.map { [$0.id, Format.dice($0.dice)] }
            blocks.append(
                .group("Dice by patient", [.table(Table("dice", [.text("Patient"), .number("Dice")], rows))]))
        }
        return blocks
    }

    /// A row a window; nil for a short run, and for an emulated one, whose times mean nothing.
    static func windows(_ run: RunDetail) -> Table? {
        guard !run.windows.isEmpty, !run.summary.emulated else { return nil }
        let columns: [Table.Column] = [
            .number("From"), .number("Samples"), .number("p50"), .number("p90"), .number("p99"), .number("Max"),
            .number("Clock"), .number("Temperature"), .number("External load"), .text("Throttling"),
        ]
        return Table("windows", columns, run.windows.map(cells))
    }

    private static func cells(_ window: Window) -> [String] {
        let (latency, health) = (window.latency, window.health)
        let times = [latency.p50, latency.p90, latency.p99, latency.maximum].map { Format.duration($0) }
        let readings: [String?] = [
            health.lowestClockKhz.map { "\($0 / 1000) MHz" },
            HealthText.temperature(health.highestTemperature), HealthText.cores(health.externalLoadCores),
            HealthText.throttling(health.throttling),
        ]
        return [Format.duration(latency.startNs), "\(latency.count)"] + times + readings.map { $0 ?? Format.unknown }
    }
}

/// What a dispatch ends with, for a terminal.
public enum DispatchSummary {
    /// The matrix, failures, degraded runs and recommendations.
    public static func blocks(_ model: ReportModel) -> [Block] {
        [
            .table(TargetsSection.table(model, isShort: true)), .list(FailuresSection.sentences(model)),
            .list(model.entries.compactMap(HealthText.caution), .notes), .list(model.recommendations, .lead),
        ]
    }
}
