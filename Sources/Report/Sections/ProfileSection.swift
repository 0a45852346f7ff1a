import Results
import Store
import Text

/// Where the time goes: functions of the modules that were profiled.
enum ProfileSection: ReportSection {
    static func section(_ model: ReportModel) -> Section? {
        let profiled = model.shown.compactMap { entry in
            entry.profile.map { (label: entry.label, profile: ProfileAnalysis($0)) }
        }
        guard !profiled.isEmpty else { return nil }
        let groups = profiled.enumerated().map { index, it in
            let chart = it.profile.chart(title: it.label).map { Block.chart(name: "roofline-\(index + 1)", $0) }
            var table = it.profile.table
            table.name += "-\(index + 1)"
            let blocks: [Block?] = [.list(it.profile.sentences), chart, .details("All functions", [.table(table)])]
            return Block.group(it.label, blocks.compactMap(\.self))
        }
        return Section(
            title: "Where the time goes",
            about:
                "Each function of a module, timed by TVM's instrument in calls apart from the runs above. A point below the roof has headroom; its area is its share of the call.",
            blocks: groups)
    }
}

/// What `harness profile` ends with, for a terminal.
public enum ProfilePage {
    /// The functions of one module, and what their times mean.
    public static func blocks(_ profile: Profile, title: String) -> [Block] {
        let analysis = ProfileAnalysis(profile)
        return [.group(title, [.table(analysis.table), .list(analysis.sentences)])]
    }
}
