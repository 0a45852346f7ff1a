/// One function that the virtual machine calls, as the instrument timed it.
public struct FunctionTimes: Codable, Hashable, Sendable {
    public var function: String
    /// How often it is called in one call of the module.
    public var calls: Int
    /// Of what all its calls in one call of the module take, over the profiled calls.
    public var medianNs: Int64
    public var leastNs: Int64

    public init(function: String, calls: Int, medianNs: Int64, leastNs: Int64) {
        self.function = function
        self.calls = calls
        self.medianNs = medianNs
        self.leastNs = leastNs
    }
}

/// Where a module's time goes: its functions, timed one by one by the virtual machine's instrument.
public struct OperatorProfile: Codable, Hashable, Sendable {
    /// What a call of the module took with the instrument, and as many right before without.
    public var profiledNs: [Int64]
    public var plainNs: [Int64]
    /// In the order of their first call.
    public var functions: [FunctionTimes]

    public init(profiledNs: [Int64], plainNs: [Int64], functions: [FunctionTimes]) {
        self.profiledNs = profiledNs
        self.plainNs = plainNs
        self.functions = functions
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

    public init(flopPerSecond: Double, int8PerSecond: Double? = nil, bytesPerSecond: Double) {
        self.flopPerSecond = flopPerSecond
        self.int8PerSecond = int8PerSecond
        self.bytesPerSecond = bytesPerSecond
    }
}
