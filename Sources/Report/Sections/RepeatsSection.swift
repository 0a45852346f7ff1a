import Statistics
import Text

/// What repeated runs vary by.
enum RepeatsSection: ReportSection {
    static func section(_ model: ReportModel) -> Section? {
        let rows = model.shown.compactMap(row)
        guard !rows.isEmpty else { return nil }
        return Section(
            title: "Repeats",
            about:
                "Where the medians of repeated runs lie. The 95% interval is the widest of those over samples, runs and sessions of the agent; the columns after it are standard deviations of a run's median, each without those to its left.",
            blocks: [.table(Table("repeats", columns, rows))])
    }

    private static let columns: [Table.Column] = [
        .text("Target and variant"), .number("Runs"), .number("Sessions"), .number("Location"),
        .number("95% interval"), .text("Decided by"), .number("Within a run"), .number("Run to run"),
        .number("Session to session"),
    ]

    private static func row(_ entry: ReportModel.Entry) -> [String]? {
        guard let nested = entry.repeats?.medians else { return nil }
        let counts = [entry.label, "\(nested.runs)", "\(nested.restarts)"]
        let components = nested.components
        let times =
            [Format.duration(nested.location), Format.durations(nested.interval), nested.source.rawValue]
            + [components.withinRun, components.betweenRuns, components.betweenRestarts].map(deviation)
        return counts + (entry.isEmulated ? times.map { _ in Format.unknown } : times)
    }

    /// The standard deviation of a logarithm as a share.
    private static func deviation(_ variance: Double?) -> String { Format.share(variance?.squareRoot()) }
}
