import Statistics
import Store

/// Decides each run's verdict: accuracy against the reference first, then speed among those that keep it.
struct Judge {
    let gate: AccuracyGate
    let runs: [RunDetail]
    let dice: [Int64: Double]

    /// The verdict on accuracy alone.
    func verdict(_ run: RunDetail) -> Verdict {
        guard run.summary.outcome == .succeeded else {
            let reason = run.summary.failureMessage ?? "no reason was given."
            return Verdict(kind: .failed, reason: "\(run.summary.outcome.rawValue): \(reason)", gate: nil)
        }
        guard let own = dice[run.summary.id], let reference = reference(for: run) else {
            return Verdict(kind: .unjudged, reason: "There is no reference Dice on the same data.", gate: nil)
        }
        let least = gate.threshold(reference: reference.dice)
        let passes = gate.passes(dice: own, reference: reference.dice)
        let comparison =
            "Dice \(Format.dice(own)), gate \(Format.dice(least)): \(Self.percent(gate.share)) of \(reference.source)"
        return Verdict(kind: passes ? .passes : .belowGate, reason: comparison, gate: least)
    }

    private static func percent(_ share: Double) -> String {
        let tenths = (share * 1000).rounded() / 10
        return tenths == tenths.rounded() ? "\(Int(tenths))%" : "\(tenths)%"
    }

    /// PyTorch's Dice on the very data set if the bundle has it, else the best run of the same weights on it.
    private func reference(for run: RunDetail) -> (dice: Double, source: String)? {
        if let dice = run.bundle.referenceDice, let dataset = run.dataset,
            run.bundle.referenceDatasetSHA256 == dataset.manifestSHA256
        {
            return (dice, "PyTorch's \(Format.dice(dice)) on the same data.")
        }
        let peers = runs.filter {
            $0.summary.id != run.summary.id && $0.bundle.checkpointSHA256 == run.bundle.checkpointSHA256
                && run.bundle.checkpointSHA256 != nil && $0.dataset == run.dataset
        }
        guard let best = peers.compactMap({ dice[$0.summary.id] }).max() else { return nil }
        return (best, "the best of the same weights, \(Format.dice(best)); PyTorch was not scored on this data.")
    }
}
