import POSIX
import AgentAPI

extension TimedLoop {
    /// Offline: all samples in one query, as fast as they go; each latency is from the query's start until that sample's answer.
    mutating func batch(_ samples: Int) throws(Failure) -> QueryTrace {
        let trace = QueryTrace()
        let start = MonotonicClock.now()
        for _ in 0..<samples {
            try trace.samples.append(try query())
            try trace.queries.append(.init(issued: 0, latency: MonotonicClock.now() - start))
            try trace.flush()
        }
        return trace
    }
}
