import Glibc

/// Time that is never set back, for durations; it means nothing on another machine or after a restart.
public enum MonotonicClock {
    /// Now, in nanoseconds, by `CLOCK_MONOTONIC`.
    @inlinable
    public static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
