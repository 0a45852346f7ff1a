import Statistics

extension ResultsStore {
    /// Writes what the repeated runs of a dispatch vary by, anew: a row for each bundle of a target with two runs that succeeded.
    public func summariseRepeats(ofDispatch id: String) throws(StoreError) {
        try connection.transaction { () throws(StoreError) in
            try connection.run("DELETE FROM repeats WHERE dispatch_id = ?", [.text(id)])
            try connection.insert(try repeats(ofDispatch: id), into: "repeats")
        }
    }

    /// Rows of `repeats` that are not what their runs say, or are missing though their dispatch has ended, a line each.
    func checkRepeats() throws(StoreError) -> [String] {
        let stored = try connection.records(
            RepeatedRuns.self, "SELECT * FROM repeats ORDER BY dispatch_id, target_name, bundle_sha256")
        let ended = try connection.rows(
            """
            SELECT dispatch_id FROM repeats UNION SELECT dispatch_id FROM planned_run AS p GROUP BY dispatch_id
            HAVING max(round) > 0 AND min(EXISTS (SELECT 1 FROM run WHERE planned_run_id = p.id AND outcome <> 'lost')) = 1
            """
        ) { $0.text(0) }
        var computed: [RepeatedRuns] = []
        for dispatch in ended { computed += try repeats(ofDispatch: dispatch) }
        func line(_ row: RepeatedRuns, _ what: String) -> String {
            "table repeats, row with dispatch_id \(row.dispatchID), target_name \(row.targetName), bundle_sha256 \(row.bundleSHA256): \(what)"
        }
        let known = Set(computed)
        let keys = Set(stored.map(\.key))
        return stored.filter { !known.contains($0) }.map { line($0, "it is not what its runs say") }
            + computed.filter { !keys.contains($0.key) }.map { line($0, "it is missing") }
    }

    private func repeats(ofDispatch id: String) throws(StoreError) -> [RepeatedRuns] {
        let runs = try connection.rows(
            """
            SELECT run.id, target_name, bundle_sha256, coalesce(agent_instance, '') || ' ' || coalesce(agent_started_at, '')
            FROM run JOIN planned_run AS p ON p.id = planned_run_id LEFT JOIN board ON board.id = board_id
            WHERE dispatch_id = ? AND outcome = 'succeeded' ORDER BY run.id
            """, [.text(id)]
        ) { (id: $0.int64(0), target: $0.text(1), bundle: $0.text(2), session: $0.text(3)) }
        var rows: [RepeatedRuns] = []
        for (place, group) in Dictionary(grouping: runs, by: { [$0.target, $0.bundle] }) where group.count > 1 {
            var samples: [(session: String, ns: [Int64])] = []
            for run in group {
                let ns = try connection.rows(
                    "SELECT compute_ns FROM sample WHERE run_id = ? AND phase = 'timed' ORDER BY sample_index",
                    [.integer(run.id)]
                ) { $0.int64(0) }
                samples.append((run.session, ns))
            }
            guard let nested = NestedMedians(NestedMedians.grouped(samples)) else { continue }
            rows.append(RepeatedRuns(dispatchID: id, targetName: place[0], bundleSHA256: place[1], nested))
        }
        return rows
    }
}

/// What the repeated runs of one bundle on one target vary by.
private struct RepeatedRuns: StoredRecord, Hashable {
    var dispatchID: String
    var targetName: String
    var bundleSHA256: String
    var runs: Int
    var restarts: Int
    var locationNs: Double
    var lowerNs: Double
    var upperNs: Double
    var decidedBy: String
    var withinRunVariance: Double
    var betweenRunsVariance: Double?
    var betweenRestartsVariance: Double?

    var key: [String] { [dispatchID, targetName, bundleSHA256] }

    init(dispatchID: String, targetName: String, bundleSHA256: String, _ nested: NestedMedians) {
        (self.dispatchID, self.targetName, self.bundleSHA256) = (dispatchID, targetName, bundleSHA256)
        (runs, restarts, locationNs) = (nested.runs, nested.restarts, nested.location)
        (lowerNs, upperNs, decidedBy) = (nested.interval.lower, nested.interval.upper, nested.source.rawValue)
        let components = nested.components
        (withinRunVariance, betweenRunsVariance) = (components.withinRun, components.betweenRuns)
        betweenRestartsVariance = components.betweenRestarts
    }
}
