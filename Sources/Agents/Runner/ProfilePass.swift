import AgentAPI
import Statistics

extension TimedLoop {
    /// `calls` calls without the instrument, then as many with it. The module keeps the instrument: it is of no other use afterwards.
    mutating func profile(calls: Int) throws(Failure) -> OperatorProfile {
        var plain: [Int64] = []
        for _ in 0..<calls { plain.append(try query().compute) }
        let instrument = Instrument(synchronize: module.synchronize)
        try module.attach(instrument)
        // The first call meets every function anew.
        _ = try query()
        _ = instrument.take()
        var profiled: [Int64] = []
        var taken: [[(name: String, calls: Int, ns: Int64)]] = []
        for _ in 0..<calls {
            profiled.append(try query().compute)
            taken.append(instrument.take())
        }
        let functions = (taken.first ?? []).indices.compactMap { index -> FunctionTimes? in
            let times = taken.map { $0[index].ns }.sorted()
            guard let least = times.first, let median = Percentiles.median(sorted: times) else { return nil }
            return .init(
                function: taken[0][index].name, calls: taken[0][index].calls, medianNs: Int64(median.rounded()),
                leastNs: least)
        }
        return withExtendedLifetime(instrument) {
            OperatorProfile(profiledNs: profiled, plainNs: plain, functions: functions)
        }
    }
}
