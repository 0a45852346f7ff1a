import Text

/// Times of the runs' phases.
enum PhasesSection: ReportSection {
    private static let names = ["transfer", "runtime", "load", "first-call", "warm-up", "timed", "accuracy"]

    static func section(_ model: ReportModel) -> Section? {
        guard !model.measured.isEmpty else { return nil }
        return Section(
            title: "Phases", about: "The wait before the first mask, and how long the measurement took.",
            blocks: [
                .table(Table("phases", [.text("Run")] + names.map { .number($0) }, model.measured.map(row)))
            ])
    }

    private static func row(_ entry: ReportModel.Entry) -> [String] {
        [entry.label]
            + names.map { name in
                let text = Format.duration(entry.run.phases.first { $0.name == name }?.durationNs)
                guard name == "warm-up", let calls = entry.run.warmUpCalls, let reason = entry.run.warmUpReason else {
                    return text
                }
                return "\(text) (\(calls) calls, \(reason))"
            }
    }
}
