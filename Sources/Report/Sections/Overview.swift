import Results
import Store
import Text

/// What stands before the first section: what to do, and what to keep in mind.
extension ReportModel {
    /// What the report is about and when it was made.
    var about: String {
        let data = datasets.map {
            "\($0.name)\($0.synthetic ? " (synthetic)" : ""), \(Format.count($0.patients, "patient")), \(Format.count($0.slices, "slice"))"
        }
        let targets = Format.count(Set(entries.map(\.target)).count, "target")
        return
            "\(Format.count(entries.count, "run")) on \(targets). Data: \(data.isEmpty ? "none" : data.joined(separator: "; ")). Generated \(generatedAt)."
    }

    /// Which variant to use on each target, in sentences, or why none can be recommended.
    var recommendations: [String] {
        entries.filter { $0.gateResult.kind == .best }.compactMap(recommendation)
            + groups.filter { group in
                !entries.contains { $0.group == group && $0.gateResult.kind == .best }
            }.map(noRecommendation)
    }

    private func recommendation(_ entry: Entry) -> String? {
        guard let median = entry.median, let samples = entry.compute?.count else { return nil }
        let basis = entry.repeats.map { "\($0.medians.runs) runs" } ?? "median of \(samples) samples"
        var text =
            "\(entry.group.place), use \(entry.variant): \(Format.duration(median)) per image (\(basis)), Dice \(Format.dice(entry.dice?.patientMean)), \(Format.bytes(entry.modelMemoryBytes)) of model memory."
        let others = entries.filter {
            $0.group == entry.group && $0.isRanked && $0.id != entry.id && $0.gateResult.kind == .passes
                && $0.run.summary.isValid != false && $0.isShown
        }
        if let next = others.min(by: { ($0.median ?? 0) < ($1.median ?? 0) }), let second = next.median,
            let theirs = next.medianInterval, let own = entry.medianInterval
        {
            let overlap = theirs.lower <= own.upper && own.lower <= theirs.upper
            text +=
                overlap
                ? " \(next.variant) is as fast, as far as these runs can tell: the medians' intervals overlap."
                : " The next fastest, \(next.variant), takes \(Format.ratio(second / median)) as long."
        }
        if let speedUp = entry.speedUp, speedUp.baselineRun != entry.id {
            text +=
                " \(entry.variant) is \(Format.ratio(speedUp.ratio)) as fast as \(speedUp.baseline) in the same dispatch (95% interval \(Format.ratios(speedUp.interval)))."
        }
        return text
    }

    private func noRecommendation(_ group: RankingGroup) -> String {
        let runs = entries.filter { $0.group == group }
        if !runs.contains(where: \.hasSucceeded) { return "\(group.place), every run failed: see “Failures”." }
        if runs.contains(where: \.isEmulated) {
            return
                "\(group.target) was emulated: its masks and memory are valid, its times mean nothing, so no variant is recommended."
        }
        return
            "\(group.place), no variant can be recommended: none is known to keep the reference's accuracy."
    }

    /// What to keep in mind while reading: synthetic data, emulation, invalid and degraded runs, virtual machines.
    var cautions: [String] {
        var notes = datasets.filter(\.synthetic).map {
            "The data set “\($0.name)” is synthetic: its Dice shows that modules agree, not how they would perform on patients."
        }
        if datasets.count > 1 {
            notes.append("The runs used \(datasets.count) data sets: compare Dice only within one.")
        }
        let emulated = Set(entries.filter(\.isEmulated).map(\.target)).sorted()
        if !emulated.isEmpty {
            notes.append("Emulated: \(emulated.joined(separator: ", ")). Their times are shown in grey and not ranked.")
        }
        for entry in shown where entry.isRanked && entry.speedUp == nil {
            let others = entries.filter { $0.group == entry.group }
            guard let baseline = others.compactMap(\.speedUp?.baseline).first else { continue }
            notes.append(
                "\(entry.label) was not measured with \(baseline) in one dispatch, with equal weights and threads, so it has no speed-up."
            )
        }
        if Set(entries.map(\.scenario)).count > 1 {
            notes.append("The runs are of several scenarios: each run is ranked within its own only.")
        }
        notes += entries.compactMap { entry in
            guard let validity = entry.run.validity, !validity.isValid else { return nil }
            return "\(entry.label) is INVALID: \(validity.reasons.map(\.message).joined(separator: "; "))."
        }
        notes += entries.compactMap { entry in
            entry.run.throttling.map {
                "\(entry.label) ran on a board that reported throttling: \($0). Its time is not what the board can achieve."
            }
        }
        return notes + entries.compactMap(HealthText.caution) + virtualMachines
    }

    private var virtualMachines: [String] {
        Set(entries.map(\.target)).sorted().compactMap { target in
            let found = Set(entries.filter { $0.target == target }.compactMap(\.run.board?.hypervisor))
            guard !found.isEmpty else { return nil }
            let names = found.filter { $0 != "unknown" }.sorted().joined(separator: ", ")
            let kind = names.isEmpty ? "" : " (\(names))"
            return "\(target) is a virtual machine\(kind): other guests of its host can slow it down unnoticed."
        }
    }
}
