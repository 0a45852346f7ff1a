import POSIX
import AgentAPI
import Glibc
import Statistics

extension TimedLoop {
    /// Before an arrival the thread sleeps until this long before it, and then looks at the clock: sleeping is not exact.
    private static let watchNs: Int64 = 200_000

    /// Server: queries arrive by a schedule, wait in line and are served one at a time, first come first served.
    ///
    /// One thread is enough: whoever arrives while another is served waits anyhow, and every latency counts from the scheduled
    /// arrival, whenever this loop comes to it. When even the query that arrived last would be answered too late, the rest of the
    /// line stays unanswered: a module slower than its queries would otherwise never end.
    mutating func serve(_ settings: RunSettings) throws(Failure) -> QueryTrace {
        guard let rate = settings.targetQueriesPerSecond, let bound = settings.latencyBoundNs else {
            throw Failure(.invalidRequest, "the scenario server needs target_queries_per_second and latency_bound_ns.")
        }
        let schedule = ArrivalSchedule(
            seed: settings.seed, rate: rate, minQueries: settings.minQueries, minDurationNs: settings.minDurationNs)
        let trace = QueryTrace()
        let closing = (schedule.offsetsNs.last ?? 0) + bound
        let start = MonotonicClock.now()
        var isClosed = false
        for offset in schedule.offsetsNs {
            if isClosed {
                try trace.queries.append(.init(issued: offset, latency: -1))
            } else {
                Self.wait(until: start + offset)
                try trace.samples.append(try query())
                let answered = MonotonicClock.now() - start
                try trace.queries.append(.init(issued: offset, latency: answered - offset))
                isClosed = answered > closing
            }
            try trace.flush()
        }
        return trace
    }

    private static func wait(until moment: Int64) {
        let wake = moment - watchNs
        if wake > MonotonicClock.now() {
            var time = timespec(tv_sec: Int(wake / 1_000_000_000), tv_nsec: Int(wake % 1_000_000_000))
            while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
        }
        while MonotonicClock.now() < moment {}
    }
}
