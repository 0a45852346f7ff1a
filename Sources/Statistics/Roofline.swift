import Results

extension Roofline {
    /// Which roof is the lower one for a function.
    public enum Bound: String, Hashable, Sendable {
        case compute
        case memory
    }

    /// The least seconds that `arithmetic` operations over `bytes` bytes can take, and what bounds them.
    public func leastSeconds(arithmetic: Double, bytes: Double, int8: Bool) -> (seconds: Double, bound: Bound) {
        let computing = arithmetic / (int8 ? int8PerSecond ?? flopPerSecond : flopPerSecond)
        let moving = bytes / bytesPerSecond
        return computing > moving ? (computing, .compute) : (moving, .memory)
    }
}
