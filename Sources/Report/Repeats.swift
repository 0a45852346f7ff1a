import Statistics
import Store

/// Runs of one dispatch that repeat each other: of one bundle on one target.
struct RepeatedRuns {
    private struct Place: Hashable {
        var dispatch: String
        var target: String
        var bundle: String

        init(_ run: RunDetail) {
            dispatch = run.summary.dispatchID
            target = run.summary.target
            // Unique within a dispatch.
            bundle = run.summary.bundle
        }
    }

    /// Gives each group of entries that repeat each other to the one of them that is nearest to their location, and marks the others.
    static func join(_ entries: inout [ReportModel.Entry]) {
        let succeeded = entries.indices.filter {
            entries[$0].compute != nil && entries[$0].run.summary.outcome == .succeeded
        }
        for group in Dictionary(grouping: succeeded, by: { Place(entries[$0].run) }).values {
            guard Set(group.map { entries[$0].run.round }).count > 1 else { continue }
            let members = group.sorted { entries[$0].run.summary.id < entries[$1].run.summary.id }
            let runs = members.map { (life: entries[$0].run.agentSession, ns: entries[$0].samples) }
            guard let nested = NestedMedians(NestedMedians.grouped(runs)) else { continue }
            func distance(_ index: Int) -> Double { abs((entries[index].compute?.median ?? 0) - nested.location) }
            let shown = members.min { distance($0) < distance($1) }
            let pooled = LatencySummary(runs.flatMap(\.ns))
            let wholes = members.flatMap { index in
                entries[index].run.samples.filter { $0.phase == .timed }.compactMap(\.endToEndNs)
            }
            let endToEnd = LatencySummary(wholes)
            for index in members {
                entries[index].repeats = .init(
                    medians: nested, runs: runs, pooled: pooled, pooledEndToEnd: endToEnd, isShown: index == shown)
            }
        }
    }
}

/// What repeated runs vary by, as text cells: one source for HTML and Markdown.
enum RepeatsTable {
    static let title = "Repeats"
    static let about =
        "Where the medians of repeated runs lie. The 95% interval is the widest of what samples, runs and lives of the agent say; the columns after it are standard deviations of a run's median, each without those within it."
    static let head = [
        "Target and variant", "Runs", "Lives", "Location", "95% interval", "Decided by", "Within a run", "Run to run",
        "Life to life",
    ]

    static func rows(_ model: ReportModel) -> [[String]] {
        model.shown.compactMap { entry in
            guard let nested = entry.repeats?.medians else { return nil }
            let isEmulated = entry.run.summary.emulated
            func time(_ text: String) -> String { isEmulated ? Format.unknown : text }
            let components = nested.components
            return [
                entry.label, "\(nested.runs)", "\(nested.restarts)", time(Format.duration(nested.location)),
                time("\(Format.duration(nested.interval.lower)) … \(Format.duration(nested.interval.upper))"),
                time(nested.source.rawValue), time(share(components.withinRun)), time(share(components.betweenRuns)),
                time(share(components.betweenRestarts)),
            ]
        }
    }

    /// The standard deviation of a logarithm as a share, in percent.
    private static func share(_ variance: Double?) -> String {
        guard let variance else { return Format.unknown }
        return "\((variance.squareRoot() * 1e4).rounded() / 100)%"
    }
}
