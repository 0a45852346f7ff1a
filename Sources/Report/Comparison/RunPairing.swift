import Store

/// Finds which runs of two sides may be compared.
enum RunPairing {
    typealias Circumstances = RunComparison.Circumstances

    /// Runs of one side that agree in all that matters.
    struct Group: Sendable {
        var circumstances: Circumstances
        var variant: String
        var runs: [RunDetail]

        var succeeded: [RunDetail] { runs.filter { $0.summary.outcome == .succeeded } }
    }

    /// Pairs, and groups of either side that are left over.
    static func pair(_ base: [RunDetail], _ candidate: [RunDetail]) -> (
        pairs: [(base: Group, candidate: Group)], base: [Group], candidate: [Group]
    ) {
        let (first, second) = (groups(base), groups(candidate))
        // Two builds under names of their own, and nothing else: that is what one means to compare.
        let anyVariant = Set(first.map(\.variant)).count == 1 && Set(second.map(\.variant)).count == 1
        var rest = second
        var pairs: [(base: Group, candidate: Group)] = []
        var unpaired: [Group] = []
        for group in first {
            let named = rest.indices.filter { anyVariant || rest[$0].variant == group.variant }
            let partner =
                named.first { rest[$0].circumstances == group.circumstances }
                ?? named.first { fits(group.circumstances, rest[$0].circumstances) }
            if let partner { pairs.append((group, rest.remove(at: partner))) } else { unpaired.append(group) }
        }
        return (pairs, unpaired, rest)
    }

    /// Threads of a run that ended before they were known may be any.
    private static func fits(_ first: Circumstances, _ second: Circumstances) -> Bool {
        var second = second
        if first.threads == nil || second.threads == nil { second.threads = first.threads }
        return first == second
    }

    private static func groups(_ runs: [RunDetail]) -> [Group] {
        var groups: [Group] = []
        // Those whose threads are known first, so that those that ended too early to know them can join.
        for run in runs.filter({ $0.threads != nil }) + runs.filter({ $0.threads == nil }) {
            let own = Group(circumstances: circumstances(run), variant: run.summary.variant, runs: [run])
            let fitting = groups.indices.filter {
                groups[$0].variant == own.variant && fits(groups[$0].circumstances, own.circumstances)
            }
            let fewestThreads = fitting.min {
                (groups[$0].circumstances.threads ?? 0) < (groups[$1].circumstances.threads ?? 0)
            }
            if let fewestThreads { groups[fewestThreads].runs.append(run) } else { groups.append(own) }
        }
        return groups.sorted {
            ($0.circumstances.target, $0.variant, $0.runs[0].summary.id)
                < ($1.circumstances.target, $1.variant, $1.runs[0].summary.id)
        }
    }

    private static func circumstances(_ run: RunDetail) -> Circumstances {
        Circumstances(
            target: run.summary.target, device: run.device, threads: run.threads, dataset: run.dataset?.name,
            datasetSHA256: run.dataset?.manifestSHA256, scenario: run.summary.scenario.rawValue)
    }
}
