/// A small seeded generator: equal seeds give equal runs on every machine.
///
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, as in `java.util`.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// A generator that starts at `seed`.
    public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A whole number in `0..<count`, by Lemire's multiplication; the bias is below `count / 2^64`.
    public mutating func index(below count: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(count)).high) }

    /// Brings `values` into a random order, each as likely as any (Fisher and Yates).
    public mutating func shuffle<Value>(_ values: inout [Value]) {
        for end in values.indices.dropFirst().reversed() { values.swapAt(end, index(below: end + 1)) }
    }
}
