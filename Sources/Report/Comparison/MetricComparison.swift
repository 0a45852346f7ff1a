import Glibc
import Statistics
import Store

/// Compares the succeeded runs of two sides by one metric after the other.
struct MetricComparison {
    typealias Result = RunComparison.Result

    let base: [RunDetail]
    let candidate: [RunDetail]
    let rules: ComparisonRules

    func result(_ metric: ComparedMetric, emulated: Bool) -> Result {
        var result =
            emulated && metric.isTime ? Self.without(metric, "emulated: its times mean nothing") : compared(metric)
        (result.margin, result.threshold) = (rules.margin(metric), rules.threshold(metric))
        if result.outcome == .worse, let ratio = result.ratio {
            let threshold = result.threshold
            result.isRegression = metric.moreIsBetter ? ratio <= 1 - threshold : ratio >= 1 + threshold
        }
        return result
    }

    private func compared(_ metric: ComparedMetric) -> Result {
        switch metric {
        case .latency: latencies(metric) { $0.computeNs }
        case .endToEnd: latencies(metric) { $0.endToEndNs }
        case .memory: scalars(metric) { $0.phases.compactMap(\.peakResidentBytes).max().map(Int64.init) }
        case .loadTime: scalars(metric) { $0.phases.first { $0.name == .load }?.durationNs }
        case .moduleSize: moduleSize()
        case .dice: dice()
        }
    }

    private static func without(_ metric: ComparedMetric, _ reason: String) -> Result {
        Result(metric: metric, outcome: .notCompared, reason: reason)
    }

    /// Decides by the ratio's interval; without one there must be more of `what`.
    private func decide(
        _ result: inout Result, _ interval: Interval?, _ wide: Interval?, needed what: RunComparison.Needed.What
    ) {
        guard let ratio = result.ratio, let interval, let wide else {
            result.needed = .init(factor: nil, what: what)
            return
        }
        let decided = RatioOutcome(ratio: ratio, interval: interval, wide: wide, margin: rules.margin(result.metric))
        result.outcome =
            switch decided.direction {
            case .same: .same
            case .less: result.metric.moreIsBetter ? .worse : .better
            case .more: result.metric.moreIsBetter ? .better : .worse
            case .cannotTell: .cannotTell
            }
        result.interval = interval
        result.needed = decided.factorNeeded.map { .init(factor: $0, what: what) }
    }

    // MARK: Many samples a run

    private func latencies(_ metric: ComparedMetric, _ value: (Sample) -> Int64?) -> Result {
        func side(_ runs: [RunDetail]) -> [[Int64]] {
            runs.map { run in run.samples.filter { $0.phase == .timed }.compactMap(value) }
        }
        let (first, second) = (side(base), side(candidate))
        guard
            let comparison = Comparison(
                baseline: first, candidate: second, sessions: (Self.sessions(base), Self.sessions(candidate)),
                margin: rules.margin(metric), seed: rules.seed)
        else { return Self.without(metric, "not measured in every run") }
        let outcome: MetricOutcome =
            switch comparison.outcome {
            case .faster: .better
            case .slower: .worse
            case .same: .same
            case .cannotTell: .cannotTell
            }
        return Result(
            metric: metric, outcome: outcome, base: comparison.size.baseline, candidate: comparison.size.candidate,
            ratio: comparison.size.ratio, interval: comparison.size.interval,
            needed: comparison.needed.map { .init(factor: $0.factor, what: $0.what == .samples ? .samples : .runs) },
            reason: comparison.size.betweenRuns == nil
                ? "one run per side: the interval does not include how runs differ from each other" : nil)
    }

    /// In which of the agent's sessions each run was made, as a number.
    private static func sessions(_ runs: [RunDetail]) -> [Int] {
        let names = runs.map(\.agentSession)
        return names.map { names.firstIndex(of: $0) ?? 0 }
    }

    // MARK: One value a run

    private func scalars(_ metric: ComparedMetric, _ value: (RunDetail) -> Int64?) -> Result {
        let (first, second) = (base.map(value), candidate.map(value))
        let known = [first, second].map { $0.compactMap(\.self).map { [$0] } }
        guard known[0].count == first.count, known[1].count == second.count,
            let size = MedianRatio(baseline: known[0], candidate: known[1], seed: rules.seed)
        else { return Self.without(metric, "not measured in every run") }
        var result = Result(
            metric: metric, outcome: .cannotTell, base: size.baseline, candidate: size.candidate, ratio: size.ratio)
        // Of one value a side nothing is known of how it varies from run to run.
        decide(&result, size.betweenRuns, size.wide, needed: .runs)
        return result
    }

    // MARK: What does not vary

    private func moduleSize() -> Result {
        func side(_ runs: [RunDetail]) -> Int? {
            let sizes = Set(runs.map(\.bundle.moduleSizeBytes))
            return sizes.count == 1 ? sizes.first : nil
        }
        guard let first = side(base), let second = side(candidate), first > 0 else {
            return Self.without(.moduleSize, "a side has several modules")
        }
        let ratio = Double(second) / Double(first)
        let exact = Interval(lower: ratio, upper: ratio)
        var result = Result(
            metric: .moduleSize, outcome: .cannotTell, base: Double(first), candidate: Double(second), ratio: ratio)
        decide(&result, exact, exact, needed: .runs)
        result.interval = nil
        return result
    }

    // MARK: Dice

    /// Mean over the side's runs of each patient's Dice, by patient.
    private static func dices(_ runs: [RunDetail]) -> [String: Double]? {
        var sums: [String: Double] = [:]
        for run in runs {
            guard let summary = DiceSummary(run.slices.map { ($0.patient, $0.counts) }) else { return nil }
            for patient in summary.patients { sums[patient.id, default: 0] += patient.dice / Double(runs.count) }
        }
        return sums.isEmpty ? nil : sums
    }

    private func dice() -> Result {
        guard let first = Self.dices(base), let second = Self.dices(candidate), first.keys == second.keys else {
            return Self.without(.dice, "not scored on the same patients in every run")
        }
        let patients = first.keys.sorted()
        let (before, after) = (patients.compactMap { first[$0] }, patients.compactMap { second[$0] })
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
        var result = Result(metric: .dice, outcome: .cannotTell, base: mean(before), candidate: mean(after))
        if before == after {
            result.outcome = .same
            result.ratio = 1
            let masks = Set((base + candidate).map(\.masksDigest))
            if masks.count == 1, masks.first != .some(nil) { result.reason = "the masks are equal, pixel for pixel" }
            return result
        }
        guard let paired = PairedRatio(baseline: before, candidate: after, seed: rules.seed) else {
            return Self.without(.dice, "the baseline's Dice is zero")
        }
        result.ratio = paired.ratio
        decide(&result, paired.interval, paired.wide, needed: .patients)
        return result
    }
}
