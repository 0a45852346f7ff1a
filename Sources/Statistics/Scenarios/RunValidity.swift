import Results

extension RunValidity {
    /// Checks the queries of a run by `rules`; nil without queries.
    public init?(_ rules: ScenarioSettings, targetQueriesPerSecond: Double? = nil, _ queries: [Query]) {
        guard let last = queries.last else { return nil }
        let isOffline = rules.scenario == .offline
        self.init(
            samplesPerQuery: rules.samplesPerQuery, minDurationNs: rules.minDurationNs, minQueries: rules.minQueries,
            durationNs: isOffline ? queries.closingNs : last.issuedNs, queries: isOffline ? 1 : queries.count)
        unansweredQueries = queries.count { $0.latencyNs == nil }
        percentile = isOffline ? nil : rules.percentile
        latencyBoundNs = rules.latencyBoundNs
        self.targetQueriesPerSecond = targetQueriesPerSecond
        longestQueue = rules.scenario == .server ? Self.longestQueue(queries) : nil
        let check = ValidityCheck(
            settings: rules, latenciesNs: queries.latenciesNs, durationNs: last.issuedNs, unanswered: unansweredQueries)
        reasons = check.reasons.map { Reason($0, rules) }
        switch check.metric {
        case .latency(let estimate)?: (latencyNs, discardedQueries) = (estimate.latencyNs, estimate.discarded)
        case .samplesPerSecond(let rate)?: samplesPerSecond = rate
        case nil: break
        }
    }

    /// Most queries that had arrived and were not answered; they are answered in the order of their arrival.
    private static func longestQueue(_ queries: [Query]) -> Int {
        var (answered, longest) = (0, 0)
        for (index, query) in queries.enumerated() {
            while answered < index, let latency = queries[answered].latencyNs,
                queries[answered].issuedNs + latency <= query.issuedNs
            {
                answered += 1
            }
            longest = max(longest, index + 1 - answered)
        }
        return longest
    }
}

extension RunValidity.Reason {
    /// The reason in words.
    fileprivate init(_ reason: ValidityCheck.Reason, _ rules: ScenarioSettings) {
        let percentile = "p\(Self.short(rules.percentile * 100))"
        switch reason {
        case .duration(let ns, let least):
            self.init(code: "duration", message: "it lasted \(Self.time(ns)) of at least \(Self.time(least))")
        case .queries(let count, let least):
            self.init(code: "queries", message: "there were \(count) queries of at least \(least)")
        case .latencyBound(let ns, let bound):
            self.init(
                code: "latency-bound",
                message: "the \(percentile) latency \(Self.time(ns)) exceeds the bound of \(Self.time(bound))")
        case .earlyStopping(let queries, let least, let above):
            let what =
                rules.scenario == .server
                ? "\(above) of \(queries) queries took longer than the bound: then early stopping needs \(least)"
                : "\(queries) queries are too few for an early-stopping estimate of the \(percentile) latency, which needs \(least)"
            self.init(code: "early-stopping", message: what)
        case .unanswered(let count):
            self.init(
                code: "unanswered",
                message: "\(count) queries were never answered: they came faster than they were served")
        }
    }

    private static func time(_ ns: Int64) -> String {
        ns < 1_000_000_000 ? "\(short(Double(ns) / 1e6)) ms" : "\(short(Double(ns) / 1e9)) s"
    }

    /// At most three decimals.
    private static func short(_ value: Double) -> String {
        let rounded = (value * 1000).rounded() / 1000
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }
}
