import Measurement

extension ResultsStore {
    /// Writes what the repeated runs of a dispatch vary by, anew: a row for each bundle of a target with two runs that succeeded.
    public func summariseRepeats(ofDispatch id: String) throws(StoreError) {
        try connection.transaction { () throws(StoreError) in
            try connection.run("DELETE FROM repeats WHERE dispatch_id = ?", [.text(id)])
            try connection.runMany(
                "INSERT INTO repeats VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", try repeats(ofDispatch: id))
        }
    }

    /// Rows of `repeats` that are not what their runs say, a line each.
    func checkRepeats() throws(StoreError) -> [String] {
        let stored = try connection.rows(
            "SELECT * FROM repeats ORDER BY dispatch_id, target_name, bundle_sha256"
        ) { $0.values }
        let dispatches = try connection.rows("SELECT DISTINCT dispatch_id FROM repeats") { $0.text(0) }
        var known: Set<[SQLValue]> = []
        for dispatch in dispatches { known.formUnion(try repeats(ofDispatch: dispatch)) }
        return stored.filter { !known.contains($0) }.map { row in
            "table repeats, row with dispatch_id \(row[0].words), target_name \(row[1].words), bundle_sha256 \(row[2].words): it is not what its runs say"
        }
    }

    private func repeats(ofDispatch id: String) throws(StoreError) -> [[SQLValue]] {
        let runs = try connection.rows(
            """
            SELECT run.id, target_name, bundle_sha256, coalesce(agent_instance, '') || ' ' || coalesce(agent_started_at, '')
            FROM run JOIN planned_run AS p ON p.id = planned_run_id LEFT JOIN board ON board.id = board_id
            WHERE dispatch_id = ? AND outcome = 'succeeded' ORDER BY run.id
            """, [.text(id)]
        ) { (id: $0.int64(0), target: $0.text(1), bundle: $0.text(2), life: $0.text(3)) }
        var rows: [[SQLValue]] = []
        for (place, group) in Dictionary(grouping: runs, by: { [$0.target, $0.bundle] }) where group.count > 1 {
            var samples: [(life: String, ns: [Int64])] = []
            for run in group {
                let ns = try connection.rows(
                    "SELECT compute_ns FROM sample WHERE run_id = ? AND phase = 'timed' ORDER BY sample_index",
                    [.integer(run.id)]
                ) { $0.int64(0) }
                samples.append((run.life, ns))
            }
            guard let nested = NestedMedians(NestedMedians.grouped(samples)) else { continue }
            let components = nested.components
            rows.append([
                .text(id), .text(place[0]), .text(place[1]), SQLValue(nested.runs), SQLValue(nested.restarts),
                .real(nested.location), .real(nested.interval.lower), .real(nested.interval.upper),
                .text(nested.source.rawValue), .real(components.withinRun), SQLValue(components.betweenRuns),
                SQLValue(components.betweenRestarts),
            ])
        }
        return rows
    }
}
