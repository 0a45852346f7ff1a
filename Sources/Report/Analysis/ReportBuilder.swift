import Results
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
        for index in model.entries.indices where model.entries[index].isShown {
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
        let check = GateCheck(gate: gate, runs: runs, dice: dice.mapValues(\.patientMean))
        var entries = runs.map { run in
            let timed = run.samples.filter { $0.phase == .timed }
            let compute = timed.map(\.computeNs)
            return ReportModel.Entry(
                run: run, compute: LatencySummary(compute), endToEnd: LatencySummary(timed.compactMap(\.endToEndNs)),
                copies: copies(timed), samples: compute, trend: Trend(compute),
                dependence: Dependence(compute.map(Double.init)), dice: dice[run.summary.id],
                diceLargest: summary(run, largest: true)?.patientMean,
                gateResult: check.result(run), sustained: SustainedSpeed(run),
                colour: variants.firstIndex(of: run.summary.variant) ?? 0)
        }
        RepeatedRuns.join(&entries)
        let speedUps = Baselines.speedUps(entries, chosen: baseline)
        for index in entries.indices { entries[index].speedUp = speedUps[entries[index].id] }
        markBest(&entries)
        entries.sort { left, right in
            if left.group != right.group { return left.group < right.group }
            return (left.median ?? .infinity, left.variant, left.id)
                < (right.median ?? .infinity, right.variant, right.id)
        }
        let datasets = runs.compactMap(\.dataset).reduce(into: [DatasetRecord]()) {
            if !$0.contains($1) { $0.append($1) }
        }
        return ReportModel(title: title, generatedAt: now, entries: entries, datasets: datasets)
    }

    private static func copies(_ timed: [Sample]) -> (toDevice: LatencySummary, fromDevice: LatencySummary)? {
        guard let there = LatencySummary(timed.compactMap(\.hostToDeviceNs)),
            let back = LatencySummary(timed.compactMap(\.deviceToHostNs))
        else { return nil }
        return (there, back)
    }

    /// Of all components, or with only the largest of each volume kept.
    private static func summary(_ run: RunDetail, largest: Bool = false) -> DiceSummary? {
        DiceSummary(run.slices.map { ($0.patient, largest ? $0.largestCounts : $0.counts) })
    }

    /// The fastest that passes, of each target and scenario; emulated times are never ranked.
    ///
    /// An INVALID run is best only where every run that passes is INVALID.
    private static func markBest(_ entries: inout [ReportModel.Entry]) {
        for group in Set(entries.map(\.group)) {
            let passing = entries.indices.filter {
                entries[$0].group == group && entries[$0].isRanked && entries[$0].gateResult.kind == .passes
                    && entries[$0].isShown
            }
            let sound = passing.filter { entries[$0].run.summary.isValid != false }
            let candidates = sound.isEmpty ? passing : sound
            let fastest = candidates.min { (entries[$0].median ?? 0) < (entries[$1].median ?? 0) }
            if let fastest { entries[fastest].gateResult.kind = .best }
        }
    }
}
