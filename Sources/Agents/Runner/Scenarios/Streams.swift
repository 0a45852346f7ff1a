import AgentWire

extension TimedLoop {
    /// Single- and multi-stream: the next query is issued when the last has been answered, its samples one after the other.
    ///
    /// As LoadGen, until a query was issued after the least duration and the least number is reached, or the largest number.
    mutating func stream(_ settings: RunSettings, samplesPerQuery: Int) throws(Failure) -> QueryTrace {
        var trace = QueryTrace(samplesPerQuery: samplesPerQuery)
        let start = MonotonicClock.now()
        var issued = start
        repeat {
            issued = MonotonicClock.now()
            for _ in 0..<samplesPerQuery { trace.samples.append(try query()) }
            trace.latencyNs.append(MonotonicClock.now() - issued)
            trace.issuedNs.append(issued - start)
        } while trace.issuedNs.count < settings.maxQueries
            && (trace.issuedNs.count < settings.minQueries || issued - start < settings.minDurationNs)
        return trace
    }
}
