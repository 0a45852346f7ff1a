import Statistics
import Store
import Text

/// Whether a run keeps the reference's accuracy, and is the fastest that does.
struct GateResult: Hashable, Sendable {
    enum Kind: String, Hashable, Sendable {
        /// Reaches the gate, and is the fastest of its target and scenario that does.
        case best
        case passes
        case belowGate = "below gate"
        /// Nothing to compare its Dice with.
        case withoutReference = "not judged"
        case failed
    }

    var kind: Kind
    /// Why, as a sentence.
    var reason: String
    /// The Dice it had to reach; nil if there was no reference.
    var gate: Double?
}

/// Holds each run's Dice against the gate that its reference sets.
struct GateCheck {
    let gate: AccuracyGate
    let runs: [RunDetail]
    let dice: [Int64: Double]

    /// The result on accuracy alone: whether a run is the best of its group needs the others' times.
    func result(_ run: RunDetail) -> GateResult {
        guard run.summary.outcome == .succeeded else {
            let reason = run.summary.failureMessage ?? "no reason was given."
            return GateResult(kind: .failed, reason: "\(run.summary.outcome.rawValue): \(reason)", gate: nil)
        }
        guard let own = dice[run.summary.id], let reference = reference(for: run) else {
            return GateResult(
                kind: .withoutReference, reason: "There is no reference Dice on the same data.", gate: nil)
        }
        let least = gate.threshold(reference: reference.dice)
        let passes = gate.passes(dice: own, reference: reference.dice)
        let comparison =
            "Dice \(Format.dice(own)), gate \(Format.dice(least)): \(Format.percentage(gate.share)) of \(reference.source)"
        return GateResult(kind: passes ? .passes : .belowGate, reason: comparison, gate: least)
    }

    /// PyTorch's Dice on the same data set if the bundle has it, else the best run of the same weights on it.
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
