extension ResultsStore {
    /// Summaries of the runs that `filter` names.
    public func runs(_ filter: RunFilter) throws(StoreError) -> [RunSummary] {
        let select = "SELECT * FROM run_summary"
        switch filter {
        case .all: return try connection.records(RunSummary.self, "\(select) ORDER BY run_id DESC")
        case .dispatch(let id):
            return try connection.records(
                RunSummary.self, "\(select) WHERE dispatch_id = ? ORDER BY run_id DESC", [.text(id)])
        case .latest:
            // A run that was lost says nothing while an earlier one says something. With the newest come those that repeat it.
            return try connection.records(
                RunSummary.self,
                """
                WITH newest AS (
                    SELECT coalesce(max(run.id) FILTER (WHERE run.outcome <> 'lost'), max(run.id)) AS id
                    FROM run JOIN planned_run ON planned_run.id = planned_run_id
                        JOIN bundle ON manifest_sha256 = bundle_sha256
                    GROUP BY planned_run.target_name, bundle.name, run.scenario),
                repeated AS (
                    SELECT other.id FROM newest JOIN run USING (id) JOIN planned_run AS mine ON mine.id = run.planned_run_id
                        JOIN planned_run AS theirs ON (theirs.dispatch_id, theirs.target_name, theirs.bundle_sha256)
                            = (mine.dispatch_id, mine.target_name, mine.bundle_sha256)
                        JOIN run AS other ON other.planned_run_id = theirs.id
                    WHERE other.id = run.id OR (other.outcome <> 'lost' AND theirs.round <> mine.round))
                \(select) WHERE run_id IN (SELECT id FROM repeated) ORDER BY target, variant, run_id
                """)
        }
    }

    /// Everything of one run; throws `not-found`.
    public func run(_ id: Int64) throws(StoreError) -> RunDetail {
        let run = SQLValue.integer(id)
        guard
            let summary = try connection.records(
                RunSummary.self, "SELECT * FROM run_summary WHERE run_id = ?", [run]
            ).first,
            let (stored, planned, board) = try connection.records(
                RunResult.self, "SELECT *, planned_run_id, board_id FROM run WHERE id = ?", [run],
                { result, row in (result, row.int64(row.count - 2), row.optionalInt64(row.count - 1)) }
            ).first
        else { throw StoreError(.notFound, "there is no run \(id): “harness runs list” shows all.") }
        guard let plan = try plannedRuns("id = ?", [.integer(planned)]).first,
            let dispatch = try connection.records(
                DispatchPlan.self, "SELECT * FROM dispatch WHERE id = ?", [.text(summary.dispatchID)]
            ).first, let bundle = try bundles("manifest_sha256 = ?", [.text(plan.bundleManifestSHA256)]).first
        else { throw StoreError(.damaged, "\(path): run \(id) has no plan or bundle: “harness db check” says more.") }
        var result = stored
        if let board { result.board = try self.board(board) }
        try readParts(of: &result, id, dataset: dispatch.datasetManifestSHA256)
        var detail = RunDetail(
            result, summary: summary, plan: plan, of: dispatch, bundle: bundle, dataset: try dataset(of: dispatch))
        detail.seal = try seal(of: id)
        return detail
    }

    private func readParts(of result: inout RunResult, _ id: Int64, dataset: String?) throws(StoreError) {
        func parts<Part: StoredRecord>(
            _ table: String, _ order: String, _ type: Part.Type = Part.self
        ) throws(StoreError) -> [Part] {
            try connection.records(
                type, "SELECT * FROM \(table) WHERE run_id = ? ORDER BY \(order)", [.integer(id)])
        }
        result.health = try parts("run_health", "run_id", Health.self).first
        result.windows = try parts("run_window", "window_index")
        result.phases = try parts("phase", "position")
        result.samples = try parts("sample", "phase, sample_index")
        result.slices = try parts("slice", "position")
        result.queries = try parts("query", "query_index")
        result.validity = try parts("judgement", "run_id", RunValidity.self).first
        result.validity?.reasons = try parts("invalid_reason", "position")
        result.pictures = try connection.records(
            SlicePicture.self,
            """
            SELECT * FROM prediction AS p
            JOIN slice_image AS i ON i.patient = p.patient AND i.slice_index = p.slice_index AND i.dataset_sha256 = ?
            WHERE p.run_id = ? ORDER BY p.patient, p.slice_index
            """, [SQLValue(dataset), .integer(id)])
    }

    private func dataset(of dispatch: DispatchPlan) throws(StoreError) -> DatasetRecord? {
        guard let key = dispatch.datasetManifestSHA256 else { return nil }
        return try connection.records(
            DatasetRecord.self, "SELECT * FROM dataset WHERE manifest_sha256 = ?", [.text(key)]
        ).first
    }

    private func bundles(_ condition: String, _ values: [SQLValue]) throws(StoreError) -> [BundleRecord] {
        try connection.records(BundleRecord.self, "SELECT * FROM bundle WHERE \(condition)", values)
    }

    func board(_ id: Int64) throws(StoreError) -> BoardRecord? {
        try connection.records(BoardRecord.self, "SELECT * FROM board WHERE id = ?", [.integer(id)]).first
    }

    // MARK: Continuing

    /// Of a run of plan p that is to be done, or done again.
    private static let isOpen =
        "NOT EXISTS (SELECT 1 FROM run WHERE run.planned_run_id = p.id AND run.outcome <> 'lost')"

    /// The dispatch to continue: `id`, or the newest with open runs if nil. Nil if there is none.
    public func unfinishedDispatch(id: String?) throws(StoreError) -> DispatchPlan? {
        let found = try connection.records(
            DispatchPlan.self,
            """
            SELECT * FROM dispatch WHERE id IN (SELECT dispatch_id FROM planned_run AS p WHERE \(Self.isOpen))
            AND (?1 IS NULL OR id = ?1) ORDER BY created_at DESC LIMIT 1
            """, [SQLValue(id)])
        guard var plan = found.first else { return nil }
        plan.runs = try plannedRuns("dispatch_id = ?", [.text(plan.id)])
        plan.dataset = try dataset(of: plan)
        plan.bundles = try bundles(
            "manifest_sha256 IN (SELECT bundle_sha256 FROM planned_run WHERE dispatch_id = ?)", [.text(plan.id)])
        return plan
    }

    /// Plans made before there were rounds are of the first.
    private static let planColumns = "p.*, coalesce(p.round, 0) AS round, coalesce(p.restart, 0) AS restart"

    private func plannedRuns(_ condition: String, _ values: [SQLValue]) throws(StoreError) -> [PlannedRun] {
        try connection.records(
            PlannedRun.self,
            "SELECT \(Self.planColumns) FROM planned_run AS p WHERE \(condition) ORDER BY ordinal", values)
    }

    /// Runs of a dispatch that are planned or lost, in order.
    public func openRuns(ofDispatch id: String) throws(StoreError) -> [OpenRun] {
        try connection.records(
            PlannedRun.self,
            """
            SELECT \(Self.planColumns), (SELECT coalesce(max(attempt), 0) + 1 FROM run WHERE planned_run_id = p.id)
            FROM planned_run AS p WHERE dispatch_id = ? AND \(Self.isOpen) ORDER BY ordinal
            """, [.text(id)]
        ) { OpenRun(planned: $0, attempt: $1.int($1.count - 1)) }
    }
}
