import Measurement
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
                "median \(ProgressDisplay.milliseconds(compute.median)), p90 \(ProgressDisplay.milliseconds(Double(compute.p90))), "
            text +=
                "p99 \(ProgressDisplay.milliseconds(Double(compute.p99))), max \(ProgressDisplay.milliseconds(Double(compute.maximum)))\n"
        }
        text += "\nPhases\n"
        for phase in run.phases {
            let memory = phase.peakResidentBytes.map { ", peak \(ProgressDisplay.size($0))" } ?? ""
            text += "  \(phase.name): \(ProgressDisplay.milliseconds(Double(phase.durationNs)))\(memory)\n"
        }
        if let dice = entry.dice {
            text += "\nDice by patient\n"
            for patient in dice.patients { text += "  \(patient.id): \((patient.dice * 1e4).rounded() / 1e4)\n" }
        }
        return text
    }
}
