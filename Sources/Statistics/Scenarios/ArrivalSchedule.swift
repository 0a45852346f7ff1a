import Glibc

/// When the queries of a server run arrive: at random, and independently of each other and of how fast they are answered.
///
/// A Poisson process: the gaps between arrivals are exponentially distributed. As MLPerf Inference LoadGen 6.0 (`loadgen.cc`,
/// `ScheduleDistribution<Server>` and `GenerateQueries`): the first query arrives at once, a gap is cut to whole nanoseconds, and there
/// are queries until both the least number and the least duration are reached. The generator is ours, so that a seed means the same on
/// every machine; LoadGen's hangs on its C++ library.
public struct ArrivalSchedule: Hashable, Sendable {
    /// Arrivals, nanoseconds from the start, ascending.
    public private(set) var offsetsNs: [Int64]

    /// A schedule of at least `minQueries` whose last query arrives no earlier than `minDurationNs`.
    ///
    /// `rate` is how many queries arrive a second on average; it must be above zero.
    public init(seed: UInt64, rate: Double, minQueries: Int, minDurationNs: Int64) {
        precondition(rate > 0 && rate.isFinite, "a rate of arrivals is above zero")
        var generator = SplitMix64(seed: seed)
        offsetsNs = []
        var next: Int64 = 0
        while offsetsNs.count < minQueries || (offsetsNs.last ?? -1) < minDurationNs {
            offsetsNs.append(next)
            next += Int64(Self.gap(rate: rate, using: &generator) * 1e9)
        }
    }

    /// An exponentially distributed number of seconds, by inversion (Devroye 1986, II.2): −ln(u)/rate, u in (0, 1].
    private static func gap(rate: Double, using generator: inout SplitMix64) -> Double {
        -log(Double((generator.next() >> 11) + 1) * 0x1p-53) / rate
    }
}
