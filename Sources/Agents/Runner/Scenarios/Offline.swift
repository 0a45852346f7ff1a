import AgentWire

extension TimedLoop {
    /// Offline: all samples in one query, as fast as they go; each latency is from the query's start until that sample's answer.
    mutating func batch(_ samples: Int) throws(Failure) -> QueryTrace {
        var trace = QueryTrace(queries: samples)
        let start = MonotonicClock.now()
        for _ in 0..<samples {
            trace.samples.append(try query())
            trace.latencyNs.append(MonotonicClock.now() - start)
        }
        trace.issuedNs = [Int64](repeating: 0, count: samples)
        return trace
    }
}
