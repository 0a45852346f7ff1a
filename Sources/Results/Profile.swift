/// One function that the virtual machine calls, as the instrument timed it.
public struct FunctionTimes: Codable, Hashable, Sendable {
    /// Its name in the module.
    public var function: String
    /// How often it is called in one call of the module.
    public var calls: Int
    /// Of what all its calls in one call of the module take, over the profiled calls.
    public var medianNs: Int64
    /// The minimum of the same.
    public var leastNs: Int64

    /// Times of `calls` calls.
    public init(function: String, calls: Int, medianNs: Int64, leastNs: Int64) {
        (self.function, self.calls, self.medianNs, self.leastNs) = (function, calls, medianNs, leastNs)
    }
}

/// Where a module's time goes: its functions, timed one by one by the virtual machine's instrument.
public struct OperatorProfile: Codable, Hashable, Sendable {
    /// What a call of the module took with the instrument, and as many right before without.
    public var profiledNs: [Int64]
    /// The same number of calls without the instrument.
    public var plainNs: [Int64]
    /// In the order of their first call.
    public var functions: [FunctionTimes]

    /// Times of one profile.
    public init(profiledNs: [Int64], plainNs: [Int64], functions: [FunctionTimes]) {
        (self.profiledNs, self.plainNs, self.functions) = (profiledNs, plainNs, functions)
    }
}

/// What a board can do at most, measured: arithmetic in registers, and bytes to and from memory (Williams, Waterman and Patterson 2009).
public struct Roofline: Codable, Hashable, Sendable {
    /// Multiplications and additions a second in single precision.
    public var flopPerSecond: Double
    /// Those of dot products of bytes; nil where the board has none.
    public var int8PerSecond: Double?
    /// Bytes read and written a second.
    public var bytesPerSecond: Double

    /// Peaks per second.
    public init(flopPerSecond: Double, int8PerSecond: Double? = nil, bytesPerSecond: Double) {
        (self.flopPerSecond, self.int8PerSecond, self.bytesPerSecond) = (flopPerSecond, int8PerSecond, bytesPerSecond)
    }
}
