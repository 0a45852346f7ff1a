import POSIX
import AgentAPI

extension TimedLoop {
    /// Single- and multi-stream: the next query is issued when the last has been answered, its samples one after the other.
    ///
    /// As LoadGen, until a query was issued after the least duration and the least number is reached, or the largest number.
    mutating func stream(_ settings: RunSettings, samplesPerQuery: Int) throws(Failure) -> QueryTrace {
        let trace = QueryTrace(samplesPerQuery: samplesPerQuery)
        let start = MonotonicClock.now()
        var issued = start
        repeat {
            try trace.flush()
            issued = MonotonicClock.now()
            for _ in 0..<samplesPerQuery { try trace.samples.append(try query()) }
            try trace.queries.append(.init(issued: issued - start, latency: MonotonicClock.now() - issued))
        } while trace.queries.count < settings.maxQueries
            && (trace.queries.count < settings.minQueries || issued - start < settings.minDurationNs)
        return trace
    }
}
