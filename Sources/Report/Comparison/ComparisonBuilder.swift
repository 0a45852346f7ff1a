import Statistics
import Store

extension RunComparison {
    /// Reads the runs of both sides and compares them; throws `StoreError`, also where a run is on both sides.
    public static func build(
        _ store: ResultsStore, base: (text: String, runs: RunSelector), candidate: (text: String, runs: RunSelector),
        rules: ComparisonRules
    ) async throws -> RunComparison {
        let first = try await details(store, base)
        let second = try await details(store, candidate)
        if let shared = first.map(\.summary.id).first(where: Set(second.map(\.summary.id)).contains) {
            throw StoreError(
                .failed,
                "run \(shared) is on both sides, \(base.text) and \(candidate.text): choose sides without common runs.")
        }
        return build(first, second, base: base.text, candidate: candidate.text, rules: rules)
    }

    private static func details(_ store: ResultsStore, _ side: (text: String, runs: RunSelector)) async throws
        -> [RunDetail]
    {
        do throws(StoreError) {
            var runs: [RunDetail] = []
            for id in try await store.ids(of: side.runs) {
                var run = try await store.run(id)
                run.pictures = []
                runs.append(run)
            }
            return runs
        } catch {
            guard error.code == .notFound else { throw error }
            throw StoreError(.notFound, "\(side.text): \(error.message)")
        }
    }

    /// Compares runs that were read.
    static func build(
        _ base: [RunDetail], _ candidate: [RunDetail], base baseText: String, candidate candidateText: String,
        rules: ComparisonRules
    ) -> RunComparison {
        let found = RunPairing.pair(base, candidate)
        func unpaired(_ groups: [RunPairing.Group], _ side: Unpaired.Side) -> [Unpaired] {
            groups.map {
                Unpaired(
                    side: side, circumstances: $0.circumstances, variant: $0.variant,
                    runs: $0.runs.map(\.summary.id))
            }
        }
        return RunComparison(
            base: baseText, candidate: candidateText, pairs: found.pairs.map { pair($0.base, $0.candidate, rules) },
            unpaired: unpaired(found.base, .base) + unpaired(found.candidate, .candidate))
    }

    private static func pair(_ base: RunPairing.Group, _ candidate: RunPairing.Group, _ rules: ComparisonRules) -> Pair
    {
        let (first, second) = (base.succeeded, candidate.succeeded)
        let all = base.runs + candidate.runs
        let modules = Set(all.map(\.bundle.moduleSHA256))
        var pair = Pair(
            circumstances: base.circumstances, emulated: all.contains { $0.summary.emulated },
            base: Side(variant: base.variant, runs: first.map(\.summary.id)),
            candidate: Side(variant: candidate.variant, runs: second.map(\.summary.id)),
            sameModule: modules.count == 1)
        pair.circumstances.threads = base.circumstances.threads ?? candidate.circumstances.threads
        pair.candidateFails = !first.isEmpty && second.isEmpty
        pair.notes = notes(base, candidate, pair)
        guard !first.isEmpty, !second.isEmpty else { return pair }
        let comparison = MetricComparison(base: first, candidate: second, rules: rules)
        pair.metrics = ComparedMetric.allCases.map { comparison.result($0, emulated: pair.emulated) }
        return pair
    }

    private static func notes(_ base: RunPairing.Group, _ candidate: RunPairing.Group, _ pair: Pair) -> [String] {
        var notes: [String] = []
        if pair.sameModule {
            notes.append(
                "Both sides ran the same module, bit for bit: any difference comes from the board or its surroundings."
            )
        }
        if pair.emulated { notes.append("Emulated: times are not compared.") }
        for (side, group) in [("baseline", base), ("candidate", candidate)] {
            let failed = group.runs.filter { $0.summary.outcome != .succeeded }
            if let run = failed.first {
                notes.append(
                    "\(failed.count) of \(group.runs.count) runs of the \(side) did not succeed, such as run \(run.summary.id): \(run.summary.failureCode ?? run.summary.outcome.rawValue)."
                )
            }
            let slowed = group.succeeded.filter { $0.throttling != nil }
            if let run = slowed.first {
                notes.append(
                    "\(slowed.count) runs of the \(side) were on a board that reported throttling, such as run \(run.summary.id): \(run.throttling ?? "")."
                )
            }
            let modules = Set(group.succeeded.map(\.bundle.moduleSHA256))
            if modules.count > 1 {
                notes.append("The \(side)'s runs are of \(modules.count) different modules, pooled here.")
            }
        }
        let boards = [base, candidate].map { Set($0.succeeded.compactMap(\.board?.agentInstance)) }
        if !boards[0].isEmpty, !boards[1].isEmpty, boards[0] != boards[1] {
            notes.append("The sides ran under different agents, perhaps on different boards of the same name.")
        }
        return notes
    }
}
