extension ResultsStore {
    /// Writes a run's queries and judgement; within the transaction of its row.
    func insertScenario(of result: RunResult, run: Int64) throws(StoreError) {
        try connection.runMany(
            "INSERT INTO query VALUES (?, ?, ?, ?)",
            result.queries.lazy.map { query in
                [.integer(run), SQLValue(query.index), .integer(query.issuedNs), SQLValue(query.latencyNs)]
            })
        guard let judgement = result.judgement else { return }
        try connection.run(
            "INSERT INTO judgement VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                .integer(run), .text(judgement.isValid ? "VALID" : "INVALID"), SQLValue(judgement.samplesPerQuery),
                SQLValue(judgement.percentile), SQLValue(judgement.latencyBoundNs),
                SQLValue(judgement.targetQueriesPerSecond), .integer(judgement.leastDurationNs),
                SQLValue(judgement.leastQueries), .integer(judgement.durationNs), SQLValue(judgement.queries),
                SQLValue(judgement.unansweredQueries), SQLValue(judgement.longestQueue),
                SQLValue(judgement.latencyNs), SQLValue(judgement.discardedQueries),
                SQLValue(judgement.samplesPerSecond),
            ])
        try connection.runMany(
            "INSERT INTO invalid_reason VALUES (?, ?, ?, ?)",
            judgement.reasons.enumerated().map { position, reason in
                [.integer(run), SQLValue(position), .text(reason.code), .text(reason.message)]
            })
    }

    /// Reads them again.
    func readScenario(of detail: inout RunDetail) throws(StoreError) {
        let run = SQLValue.integer(detail.summary.id)
        detail.queries = try connection.rows(
            "SELECT query_index, issued_ns, latency_ns FROM query WHERE run_id = ? ORDER BY query_index", [run]
        ) { Query(index: $0.int(0), issuedNs: $0.int64(1), latencyNs: $0.optionalInt64(2)) }
        let reasons = try connection.rows(
            "SELECT code, message FROM invalid_reason WHERE run_id = ? ORDER BY position", [run]
        ) { JudgementRecord.Reason(code: $0.text(0), message: $0.text(1)) }
        detail.judgement = try connection.rows("SELECT * FROM judgement WHERE run_id = ?", [run]) { row in
            JudgementRecord(
                reasons: reasons, samplesPerQuery: row.int(2), percentile: row.optionalDouble(3),
                latencyBoundNs: row.optionalInt64(4), targetQueriesPerSecond: row.optionalDouble(5),
                leastDurationNs: row.int64(6), leastQueries: row.int(7), durationNs: row.int64(8), queries: row.int(9),
                unansweredQueries: row.int(10), longestQueue: row.optionalInt(11), latencyNs: row.optionalInt64(12),
                discardedQueries: row.optionalInt(13), samplesPerSecond: row.optionalDouble(14))
        }.first
    }
}
