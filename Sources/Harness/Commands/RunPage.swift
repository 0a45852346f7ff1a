import Statistics
import Report
import Store

/// One run as text.
enum RunPage {
    static func render(_ run: RunDetail) -> String {
        let model = ReportBuilder.build([run], title: "", now: "")
        guard let entry = model.entries.first else { return "" }
        var text = "\(entry.label)\n\n"
        let pairs = Provenance.pairs(entry)
        let width = pairs.map(\.0.count).max() ?? 0
        for (name, value) in pairs { text += "\(name)\(String(repeating: " ", count: width - name.count))  \(value)\n" }
        if let compute = entry.compute {
            text += "\nLatency (compute): \(compute.count) samples, "
            text +=
                "median \(ProgressDisplay.latency(compute.median)), p90 \(ProgressDisplay.latency(Double(compute.p90))), "
            text +=
                "p99 \(ProgressDisplay.latency(Double(compute.p99))), max \(ProgressDisplay.latency(Double(compute.maximum)))\n"
        }
        text += windows(run)
        text += "\nPhases\n"
        for phase in run.phases {
            let memory = phase.peakResidentBytes.map { ", peak \(ProgressDisplay.size($0))" } ?? ""
            text += "  \(phase.name.rawValue): \(ProgressDisplay.latency(Double(phase.durationNs)))\(memory)\n"
        }
        if let dice = entry.dice {
            text += "\nDice by patient\n"
            for patient in dice.patients { text += "  \(patient.id): \((patient.dice * 1e4).rounded() / 1e4)\n" }
        }
        return text
    }

    /// A long run's windows, in columns.
    private static func windows(_ run: RunDetail) -> String {
        let rows = WindowTable.rows(run)
        guard !rows.isEmpty else { return "" }
        let all = [WindowTable.head] + rows
        let widths = WindowTable.head.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        let lines = all.map { row in
            let cells = row.enumerated().map { String(repeating: " ", count: widths[$0] - $1.count) + $1 }
            return "  \(cells.joined(separator: "  "))\n"
        }
        return "\nWindows\n" + lines.joined()
    }
}
