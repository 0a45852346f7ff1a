import Results
import Statistics

extension RunSettings {
    /// Throws `invalid-request` for a number that no board can keep to, before arithmetic with it overflows.
    public func check() throws(Failure) {
        let week = Self.weekNs
        let problem: String? =
            if let problem = scenarioProblem {
                problem
            } else if !(0...week).contains(minDurationNs) {
                "min_duration_ns must lie between 0 and a week"
            } else if minQueries < 1 || maxQueries < minQueries || maxQueries > 100_000_000 {
                "min_queries must be at least 1, max_queries at least that and at most 100,000,000"
            } else if warmUpMaxCalls < 1 || !(0...week).contains(warmUpMaxDurationNs) {
                "warm_up_max_calls must be at least 1, warm_up_max_duration_ns between 0 and a week"
            } else if let windowNs, !(Self.shortestWindowNs...week).contains(windowNs) {
                "window_ns must lie between 0.1 s and a week"
            } else if !(1...week).contains(timeLimitNs) {
                "time_limit_ns must lie between 1 and a week"
            } else if let threads, !(1...1024).contains(threads) {
                "threads must lie between 1 and 1024"
            } else if let profileCalls, !(1...10_000).contains(profileCalls) {
                "profile_calls must lie between 1 and 10,000"
            } else if let memoryLimitBytes, memoryLimitBytes < 1 << 20 {
                "memory_limit_bytes must be at least 1 MiB"
            } else {
                nil
            }
        if let problem { throw Failure(.invalidRequest, "settings: \(problem).") }
    }

    /// No run of one job has more samples or queries.
    private static let mostQueries = 100_000_000
    static let weekNs: Int64 = 7 * 86_400_000_000_000
    /// The shortest window that a run may be summed up by: the kernel counts CPU time in hundredths of a second.
    public static let shortestWindowNs: Int64 = 100_000_000
    /// A second has at most so many queries in the mean of a run that lasts long: more would fill memories and disks.
    private static let mostQueriesPerSecond: Int64 = 10_000

    /// How many queries a run of this least duration may have: a module of less than 0.1 ms ends a run of minutes before its time.
    public static func queriesWithin(leastNs: Int64) -> Int {
        let most = leastNs / 1_000_000_000 * mostQueriesPerSecond
        return min(mostQueries, max(RunSettings().maxQueries, Int(most)))
    }

    /// What a run of these settings must reach to be valid; nil if the scenario is not known.
    ///
    /// Offline the samples are as many as the run turned out to have, if the settings do not say.
    public func rules(offlineSamples: Int = 1) -> ScenarioSettings? {
        guard let scenario = knownScenario else { return nil }
        var rules = ScenarioSettings(
            scenario, minDurationNs: minDurationNs, latencyBoundNs: latencyBoundNs, samples: offlineSamples)
        rules.minQueries = scenario == .offline ? 1 : minQueries
        rules.samplesPerQuery = samplesPerQuery ?? rules.samplesPerQuery
        rules.percentile = percentile ?? rules.percentile
        return rules
    }

    /// What is wrong with the settings of the scenario, if anything is.
    var scenarioProblem: String? {
        guard let scenario = knownScenario else {
            let names = Scenario.allCases.map(\.rawValue).joined(separator: ", ")
            return "unknown scenario “\(self.scenario)”; use one of \(names)"
        }
        if let samplesPerQuery {
            guard [.multiStream, .offline].contains(scenario) || samplesPerQuery == 1 else {
                return "samples_per_query is always 1 in the scenario \(scenario.rawValue)"
            }
            guard (1...Self.mostQueries).contains(samplesPerQuery) else {
                return "samples_per_query must lie between 1 and \(Self.mostQueries)"
            }
        }
        if let percentile, !(percentile > 0 && percentile < 1) { return "percentile must lie between 0 and 1" }
        guard scenario == .server else {
            return targetQueriesPerSecond == nil && latencyBoundNs == nil
                ? nil : "target_queries_per_second and latency_bound_ns are of the scenario server only"
        }
        guard let rate = targetQueriesPerSecond, let bound = latencyBoundNs else {
            return "the scenario server needs target_queries_per_second and latency_bound_ns"
        }
        guard rate > 0, rate <= 1e6 else {
            return "target_queries_per_second must lie above 0 and be at most 1,000,000"
        }
        guard (1...Self.weekNs).contains(bound) else { return "latency_bound_ns must lie between 1 and a week" }
        guard Double(minQueries) / rate * 1e9 <= Double(Self.weekNs) else {
            return "at \(rate) queries a second the least number of queries would take more than a week"
        }
        guard Double(minDurationNs) / 1e9 * rate <= Double(maxQueries) else {
            return "at \(rate) queries a second the least duration has more than \(maxQueries) queries"
        }
        return nil
    }
}
