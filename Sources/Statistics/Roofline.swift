/// What a board can do at most, measured: arithmetic in registers, and bytes to and from memory (Williams, Waterman and Patterson 2009).
public struct Roofline: Hashable, Sendable {
    /// Which roof is the lower one for a function.
    public enum Bound: String, Hashable, Sendable {
        case compute
        case memory
    }

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

    /// The least seconds that `arithmetic` operations over `bytes` bytes can take, and what bounds them.
    public func leastSeconds(arithmetic: Double, bytes: Double, int8: Bool) -> (seconds: Double, bound: Bound) {
        let computing = arithmetic / (int8 ? int8PerSecond ?? flopPerSecond : flopPerSecond)
        let moving = bytes / bytesPerSecond
        return computing > moving ? (computing, .compute) : (moving, .memory)
    }
}
