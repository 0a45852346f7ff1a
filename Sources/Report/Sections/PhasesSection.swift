import Results
import Text

/// Times of the runs' phases.
enum PhasesSection: ReportSection {
    private static let phases = RunPhase.allCases.filter { $0 != .profile }

    static func section(_ model: ReportModel) -> Section? {
        guard !model.measured.isEmpty else { return nil }
        return Section(
            title: "Phases", about: "The wait before the first mask, and how long the measurement took.",
            blocks: [
                .table(Table("phases", [.text("Run")] + phases.map { .number($0.rawValue) }, model.measured.map(row)))
            ])
    }

    private static func row(_ entry: ReportModel.Entry) -> [String] {
        [entry.label]
            + phases.map { phase in
                let text = Format.duration(entry.run.phases.first { $0.name == phase }?.durationNs)
                guard phase == .warmUp, let calls = entry.run.warmUpCalls, let reason = entry.run.warmUpReason else {
                    return text
                }
                return "\(text) (\(calls) calls, \(reason))"
            }
    }
}
