/// Whether a module kept the accuracy of its reference.
public struct AccuracyGate: Hashable, Sendable {
    /// The share of the reference's Dice that must be reached: 0.99 or 0.999, as MLPerf's two gates.
    public var share: Double

    /// A gate at `share` of the reference.
    public init(share: Double = 0.99) { self.share = share }

    /// The least Dice that passes against `reference`.
    public func threshold(reference: Double) -> Double { share * reference }

    /// Whether `dice` passes against `reference`.
    public func passes(dice: Double, reference: Double) -> Bool { dice >= threshold(reference: reference) }
}
