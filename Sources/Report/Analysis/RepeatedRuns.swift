import Results
import Statistics
import Store

/// Runs of one dispatch that repeat each other: of one bundle on one target.
struct RepeatedRuns {
    /// Gives each group of entries that repeat each other to the one of them that is nearest to their location, and marks the others.
    static func join(_ entries: inout [ReportModel.Entry]) {
        let succeeded = entries.indices.filter { entries[$0].compute != nil && entries[$0].hasSucceeded }
        let groups = Dictionary(grouping: succeeded) { index in
            let summary = entries[index].run.summary
            // A bundle's name is unique within a dispatch.
            return [summary.dispatchID, summary.target, summary.bundle]
        }
        for group in groups.values {
            guard Set(group.map { entries[$0].run.round }).count > 1 else { continue }
            let members = group.sorted { entries[$0].id < entries[$1].id }
            let runs = members.map { (session: entries[$0].run.agentSession, ns: entries[$0].samples) }
            guard let nested = NestedMedians(NestedMedians.grouped(runs.map { ($0.session, $0.ns) })) else { continue }
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
