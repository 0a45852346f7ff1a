import FoundationEssentials
import Statistics
import Store

/// Reads runs and computes the report's model.
public enum ReportBuilder {
    /// The report of the runs that `filter` names; `now` is RFC 3339. Speed-ups are against the variant `baseline`, masks
    /// against those of `reference`.
    public static func build(
        _ store: ResultsStore, _ filter: RunFilter, title: String, now: String, baseline: String? = nil,
        reference: String? = nil, gate: AccuracyGate = AccuracyGate()
    ) async throws -> ReportModel {
        var details: [RunDetail] = []
        let summaries = try await store.runs(filter)
        // An attempt that was lost is of no interest once a later one of the same run has ended.
        let ended = Set(summaries.filter { $0.outcome != .lost }.map { "\($0.dispatchID) \($0.ordinal)" })
        for summary in summaries
        where summary.outcome != .lost || !ended.contains("\(summary.dispatchID) \(summary.ordinal)") {
            details.append(try await store.run(summary.id))
        }
        var model = build(details, title: title, now: now, baseline: baseline, gate: gate)
        for index in model.entries.indices where model.entries[index].repeats?.isShown != false {
            let run = model.entries[index].run
            model.entries[index].profile = try await store.profile(
                target: run.summary.target, bundle: run.bundle.manifestSHA256)
        }
        try await ParityFinder(store: store, chosen: reference).find(&model.entries)
        return model
    }

    /// The report of runs that were read.
    public static func build(
        _ runs: [RunDetail], title: String, now: String, baseline: String? = nil, gate: AccuracyGate = AccuracyGate()
    ) -> ReportModel {
        let variants = Set(runs.map(\.summary.variant)).sorted()
        let dice = runs.reduce(into: [Int64: DiceSummary]()) { $0[$1.summary.id] = summary($1) }
        let judge = Judge(gate: gate, runs: runs, dice: dice.mapValues(\.patientMean))
        var entries = runs.map { run in
            let timed = run.samples.filter { $0.phase == .timed }
            let compute = timed.map(\.computeNs)
            return ReportModel.Entry(
                run: run, compute: LatencySummary(compute), endToEnd: LatencySummary(timed.compactMap(\.endToEndNs)),
                copies: copies(timed), samples: compute, trend: Trend(compute),
                dependence: Dependence(compute.map(Double.init)), dice: dice[run.summary.id],
                diceLargest: summary(run, largest: true)?.patientMean,
                verdict: judge.verdict(run), sustained: SustainedSpeed(run),
                colour: variants.firstIndex(of: run.summary.variant) ?? 0)
        }
        RepeatedRuns.join(&entries)
        let speedUps = Baselines.speedUps(entries, chosen: baseline)
        for index in entries.indices { entries[index].speedUp = speedUps[entries[index].run.summary.id] }
        markBest(&entries)
        entries.sort { left, right in
            let (first, second) = (left.run.summary, right.run.summary)
            if left.group != right.group { return left.group < right.group }
            return (left.median ?? .infinity, first.variant, first.id)
                < (right.median ?? .infinity, second.variant, second.id)
        }
        let datasets = runs.compactMap(\.dataset).reduce(into: [DatasetRecord]()) {
            if !$0.contains($1) { $0.append($1) }
        }
        return ReportModel(
            title: title, generatedAt: now, recommendations: recommendations(entries),
            cautions: cautions(entries, datasets),
            entries: entries, datasets: datasets)
    }

    private static func copies(_ timed: [Sample]) -> (toDevice: LatencySummary, fromDevice: LatencySummary)? {
        guard let there = LatencySummary(timed.compactMap(\.hostToDeviceNs)),
            let back = LatencySummary(timed.compactMap(\.deviceToHostNs))
        else { return nil }
        return (there, back)
    }

    /// Of all components, or with only the largest of each volume kept.
    private static func summary(_ run: RunDetail, largest: Bool = false) -> DiceSummary? {
        DiceSummary(
            run.slices.map { slice in
                let intersection = largest ? slice.largestIntersection : slice.intersection
                let predicted = largest ? slice.largestPredicted : slice.predicted
                return .init(
                    patient: slice.patient,
                    counts: DiceCounts(intersection: intersection, predicted: predicted, truth: slice.truth))
            })
    }

    /// The fastest that passes, of each target and scenario; emulated times are never ranked.
    ///
    /// What is INVALID is not preferred to what is not.
    private static func markBest(_ entries: inout [ReportModel.Entry]) {
        for group in Set(entries.map(\.group)) {
            let passing = entries.indices.filter {
                entries[$0].group == group && entries[$0].isRanked && entries[$0].verdict.kind == .passes
                    && entries[$0].repeats?.isShown != false
            }
            let sound = passing.filter { entries[$0].run.summary.isValid != false }
            let candidates = sound.isEmpty ? passing : sound
            let fastest = candidates.min { (entries[$0].median ?? 0) < (entries[$1].median ?? 0) }
            if let fastest { entries[fastest].verdict.kind = .best }
        }
    }

    private static func recommendations(_ entries: [ReportModel.Entry]) -> [String] {
        var sentences: [String] = []
        for entry in entries where entry.verdict.kind == .best {
            guard let median = entry.median, let samples = entry.compute?.count else { continue }
            let run = entry.run.summary
            let basis = entry.repeats.map { "\($0.medians.runs) runs" } ?? "median of \(samples)"
            var text =
                "\(entry.group.place), take \(run.variant): \(Format.duration(median)) an image (\(basis)), Dice \(Format.dice(entry.dice?.patientMean)), \(Format.bytes(run.modelMemoryBytes)) of model memory."
            let others = entries.filter {
                $0.group == entry.group && $0.isRanked && $0.run.summary.id != run.id
                    && $0.verdict.kind == .passes && $0.run.summary.isValid != false && $0.repeats?.isShown != false
            }
            if let next = others.min(by: { ($0.median ?? 0) < ($1.median ?? 0) }),
                let second = next.median, let theirs = next.medianInterval, let own = entry.medianInterval
            {
                let ratio = second / median
                let overlap = theirs.lower <= own.upper && own.lower <= theirs.upper
                text +=
                    overlap
                    ? " \(next.run.summary.variant) is as fast, as far as this can tell: the medians' intervals overlap."
                    : " The next, \(next.run.summary.variant), takes \(Format.ratio(ratio)) as long."
            }
            if let speedUp = entry.speedUp, speedUp.baselineRun != run.id {
                text +=
                    " \(run.variant) is \(Format.ratio(speedUp.ratio)) as fast as \(speedUp.baseline) in the same dispatch (95% interval \(Format.interval(speedUp.interval)))."
            }
            sentences.append(text)
        }
        for group in Set(entries.map(\.group)).sorted() {
            let here = entries.filter { $0.group == group }
            guard !here.contains(where: { $0.verdict.kind == .best }) else { continue }
            if here.allSatisfy({ $0.run.summary.outcome != .succeeded }) {
                sentences.append("\(group.place), nothing ran: see the failures below.")
            } else if here.contains(where: \.run.summary.emulated) {
                sentences.append(
                    "\(group.target) was emulated: its masks and memory count, its time says nothing, so nothing is recommended."
                )
            } else {
                sentences.append(
                    "\(group.place), nothing can be recommended: no variant is known to keep the reference's accuracy.")
            }
        }
        return sentences
    }

    private static func cautions(_ entries: [ReportModel.Entry], _ datasets: [DatasetRecord]) -> [String] {
        var notes: [String] = []
        for dataset in datasets where dataset.synthetic {
            notes.append(
                "The data set “\(dataset.name)” is synthetic: its Dice says that modules agree, not how they would do on patients."
            )
        }
        if datasets.count > 1 {
            notes.append("The runs used \(datasets.count) data sets: compare Dice only within one.")
        }
        let emulated = Set(entries.filter(\.run.summary.emulated).map(\.run.summary.target)).sorted()
        if !emulated.isEmpty {
            notes.append("Emulated: \(emulated.joined(separator: ", ")). Their times are grey and not ranked.")
        }
        for entry in entries where entry.isRanked && entry.speedUp == nil && entry.repeats?.isShown != false {
            let others = entries.filter { $0.group == entry.group }
            guard let baseline = others.compactMap(\.speedUp?.baseline).first else { continue }
            notes.append(
                "\(entry.label) was not measured with \(baseline) in one dispatch, with equal weights and threads: it has no speed-up."
            )
        }
        if Set(entries.map(\.run.summary.scenario)).count > 1 {
            notes.append("The runs are of several scenarios: each is ranked among its own only.")
        }
        for entry in entries {
            guard let judgement = entry.run.validity, !judgement.isValid else { continue }
            let reasons = judgement.reasons.map(\.message).joined(separator: "; ")
            notes.append("\(entry.label) is INVALID: \(reasons).")
        }
        for entry in entries {
            guard let throttling = entry.run.throttling else { continue }
            notes.append(
                "\(entry.label) ran on a board that said it was slowed: \(throttling). Its time is not what the board can do."
            )
        }
        notes += entries.compactMap(HealthWords.caution)
        for target in Set(entries.map(\.run.summary.target)).sorted() {
            let boards = Set(entries.filter { $0.run.summary.target == target }.compactMap(\.run.board?.hypervisor))
                .sorted()
            if !boards.isEmpty {
                let names = boards.filter { $0 != "unknown" }.joined(separator: ", ")
                let kind = names.isEmpty ? "" : " (\(names))"
                notes.append(
                    "\(target) is a virtual machine\(kind): neighbours on its host can slow it without a trace.")
            }
        }
        return notes
    }
}
