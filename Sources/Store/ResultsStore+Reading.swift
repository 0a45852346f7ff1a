extension ResultsStore {
    private static let summaryColumns = """
        run_id, dispatch_id, ordinal, attempt, target, bundle, variant, outcome, failure_code, failure_message, started_at,
        ended_at, emulated, synthetic, cpu_model, samples, median_ns, p90_ns, p99_ns, peak_rss_bytes, model_memory_bytes,
        module_size_bytes, dice_patient_mean, label, peak_device_bytes, scenario, verdict
        """

    private static func summary(_ row: Row) -> RunSummary {
        RunSummary(
            id: row.int64(0), dispatchID: row.text(1), ordinal: row.int(2), attempt: row.int(3), target: row.text(4),
            bundle: row.text(5), variant: row.text(6), outcome: RunOutcome(rawValue: row.text(7)) ?? .failed,
            failureCode: row.optionalText(8), failureMessage: row.optionalText(9), startedAt: row.text(10),
            endedAt: row.text(11), scenario: row.text(25),
            isValid: row.optionalText(26).map { $0 == "VALID" }, emulated: row.bool(12), synthetic: row.bool(13),
            cpuModel: row.optionalText(14),
            samples: row.optionalInt(15), medianNs: row.optionalDouble(16), p90Ns: row.optionalInt64(17),
            p99Ns: row.optionalInt64(18), peakResidentBytes: row.optionalInt(19), modelMemoryBytes: row.optionalInt(20),
            peakDeviceBytes: row.optionalInt(24), moduleSizeBytes: row.int(21), dicePatientMean: row.optionalDouble(22),
            label: row.optionalText(23))
    }

    /// Summaries of the runs that `filter` names.
    public func runs(_ filter: RunFilter) throws(StoreError) -> [RunSummary] {
        let select = "SELECT \(Self.summaryColumns) FROM run_summary"
        switch filter {
        case .all: return try connection.rows("\(select) ORDER BY run_id DESC", [], Self.summary)
        case .dispatch(let id):
            return try connection.rows(
                "\(select) WHERE dispatch_id = ? ORDER BY run_id DESC", [.text(id)], Self.summary)
        case .latest:
            // A run that was lost says nothing while an earlier one says something. With the newest come those that repeat it.
            return try connection.rows(
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
                """, [], Self.summary)
        }
    }

    /// Everything of one run; throws `not-found`.
    public func run(_ id: Int64) throws(StoreError) -> RunDetail {
        let summaries = try connection.rows(
            "SELECT \(Self.summaryColumns) FROM run_summary WHERE run_id = ?", [.integer(id)], Self.summary)
        guard let summary = summaries.first else {
            throw StoreError(.notFound, "there is no run \(id): “harness runs list” shows all.")
        }
        let run = SQLValue.integer(id)
        let keys = try connection.rows(
            """
            SELECT planned_run.bundle_sha256, dispatch.dataset_sha256, run.board_id
            FROM run JOIN planned_run ON planned_run.id = run.planned_run_id
                JOIN dispatch ON dispatch.id = planned_run.dispatch_id WHERE run.id = ?
            """, [run]
        ) { (bundle: $0.text(0), dataset: $0.optionalText(1), board: $0.optionalInt64(2)) }
        guard let keys = keys.first, let bundle = try bundle(keys.bundle) else {
            throw StoreError(.damaged, "\(path): run \(id) has no plan or bundle: “harness db check” says more.")
        }
        let dataset: DatasetRecord?
        if let key = keys.dataset { dataset = try self.dataset(key) } else { dataset = nil }
        let board: BoardRecord?
        if let key = keys.board { board = try self.board(key) } else { board = nil }
        let details = try connection.rows(
            """
            SELECT run.job_id, run.device, planned_run.requested_settings_json, run.effective_settings_json, run.threads,
                run.warm_up_calls, run.warm_up_reason, run.sent_bytes, run.skipped_bytes, run.max_rss_bytes,
                run.masks_sha256, dispatch.harness_version, dispatch.harness_commit, dispatch.command_json,
                run.conditions_json, run.throttling, coalesce(planned_run.round, 0), run.agent_started_at
            FROM run JOIN planned_run ON planned_run.id = run.planned_run_id
                JOIN dispatch ON dispatch.id = planned_run.dispatch_id WHERE run.id = ?
            """, [run]
        ) { row in
            RunDetail(
                summary: summary, bundle: bundle, dataset: dataset, board: board,
                conditionsJSON: row.optionalText(14), throttling: row.optionalText(15), jobID: row.text(0),
                device: row.text(1), requestedSettingsJSON: row.text(2), effectiveSettingsJSON: row.optionalText(3),
                threads: row.optionalInt(4), warmUpCalls: row.optionalInt(5), warmUpReason: row.optionalText(6),
                sentBytes: row.int(7), skippedBytes: row.int(8), maxResidentBytes: row.optionalInt(9),
                masksDigest: row.optionalText(10), harnessVersion: row.text(11), harnessCommit: row.optionalText(12),
                commandJSON: row.text(13), phases: [], samples: [], slices: [], pictures: [], round: row.int(16),
                agentStartedAt: row.optionalText(17))
        }
        guard var detail = details.first else {
            throw StoreError(.notFound, "run \(id) was removed while it was read.")
        }
        try readParts(of: &detail)
        return detail
    }

    private func readParts(of detail: inout RunDetail) throws(StoreError) {
        let run = SQLValue.integer(detail.summary.id)
        detail.health = try health(run: detail.summary.id)
        detail.windows = try windows(run: detail.summary.id)
        detail.seal = try seal(of: detail.summary.id)
        detail.phases = try connection.rows(
            "SELECT name, duration_ns, rss_bytes, peak_rss_bytes, device_bytes FROM phase WHERE run_id = ? ORDER BY position",
            [run]
        ) { row in
            Phase(
                name: row.text(0), durationNs: row.int64(1), residentBytes: row.optionalInt(2),
                peakResidentBytes: row.optionalInt(3), deviceBytes: row.optionalInt(4))
        }
        detail.samples = try connection.rows(
            """
            SELECT phase, sample_index, compute_ns, end_to_end_ns, host_to_device_ns, device_to_host_ns FROM sample
            WHERE run_id = ? ORDER BY phase, sample_index
            """, [run]
        ) { row in
            Sample(
                phase: row.text(0), index: row.int(1), computeNs: row.int64(2), endToEndNs: row.optionalInt64(3),
                hostToDeviceNs: row.optionalInt64(4), deviceToHostNs: row.optionalInt64(5))
        }
        detail.slices = try connection.rows(
            """
            SELECT patient, slice_index, intersection_px, predicted_px, truth_px, largest_intersection_px,
                largest_predicted_px, mask_sha256 FROM slice WHERE run_id = ? ORDER BY position
            """, [run]
        ) { row in
            SliceRecord(
                patient: row.text(0), sliceIndex: row.int(1), intersection: row.int(2), predicted: row.int(3),
                truth: row.int(4), largestIntersection: row.int(5), largestPredicted: row.int(6),
                maskSHA256: row.text(7))
        }
        detail.pictures = try connection.rows(
            """
            SELECT p.patient, p.slice_index, i.image_png, i.truth_png, p.predicted_png FROM prediction AS p
            JOIN slice_image AS i ON i.patient = p.patient AND i.slice_index = p.slice_index AND i.dataset_sha256 = ?
            WHERE p.run_id = ? ORDER BY p.patient, p.slice_index
            """, [SQLValue(detail.dataset?.manifestSHA256), run]
        ) { row in
            SlicePicture(
                patient: row.text(0), sliceIndex: row.int(1), imagePNG: row.blob(2), truthPNG: row.blob(3),
                predictedPNG: row.blob(4))
        }
        try readScenario(of: &detail)
    }

    private func dataset(_ id: String) throws(StoreError) -> DatasetRecord? {
        try connection.rows("SELECT * FROM dataset WHERE manifest_sha256 = ?", [.text(id)]) { row in
            DatasetRecord(
                manifestSHA256: row.text(0), name: row.text(1), synthetic: row.bool(2), source: row.text(3),
                patients: row.int(4), slices: row.int(5), height: row.int(6), width: row.int(7))
        }.first
    }

    private func bundle(_ id: String) throws(StoreError) -> BundleRecord? {
        try connection.rows("SELECT * FROM bundle WHERE manifest_sha256 = ?", [.text(id)], Self.bundle).first
    }

    private static func bundle(_ row: Row) -> BundleRecord {
        BundleRecord(
            manifestSHA256: row.text(0), name: row.text(1), model: row.text(2), variant: row.text(3),
            width: row.int(4), depth: row.int(5), parameters: row.int(6), checkpointSHA256: row.optionalText(7),
            targetName: row.text(8), architecture: row.text(9), tvmTargetJSON: row.text(10), tvmVersion: row.text(11),
            runner: row.text(23), frameworkVersion: row.text(24), moduleSHA256: row.text(12),
            moduleSizeBytes: row.int(13), threshold: row.optionalDouble(14) ?? 0.5,
            trainingDataset: row.text(15), trainingSynthetic: row.bool(16), trainingDice: row.optionalDouble(17),
            referenceDice: row.optionalDouble(18), referenceDatasetSHA256: row.optionalText(19),
            sourceCommit: row.optionalText(20), createdAt: row.text(21), manifestJSON: row.text(22))
    }

    func board(_ id: Int64) throws(StoreError) -> BoardRecord? {
        try connection.rows("SELECT * FROM board WHERE id = ?", [.integer(id)]) { row in
            BoardRecord(
                agentInstance: row.text(1), agentVersion: row.text(2), model: row.optionalText(14),
                cpuModel: row.optionalText(3),
                architecture: row.text(4), cores: row.int(5), memoryBytes: row.optionalInt(6),
                osName: row.optionalText(7), kernel: row.text(8), hypervisor: row.optionalText(9),
                governor: row.optionalText(10), emulated: row.bool(11), tvmVersion: row.optionalText(12),
                factsJSON: row.text(13))
        }.first
    }

    // MARK: Continuing

    /// The dispatch to continue: `id`, or the newest with open runs if nil. Nil if there is none.
    public func unfinishedDispatch(id: String?) throws(StoreError) -> DispatchPlan? {
        let open = """
            SELECT DISTINCT p.dispatch_id FROM planned_run AS p WHERE NOT EXISTS
            (SELECT 1 FROM run WHERE run.planned_run_id = p.id AND run.outcome <> 'lost')
            """
        let rows = try connection.rows(
            """
            SELECT id, created_at, harness_version, harness_commit, command_json, label, dataset_sha256 FROM dispatch
            WHERE id IN (\(open)) AND (?1 IS NULL OR id = ?1) ORDER BY created_at DESC LIMIT 1
            """, [SQLValue(id)]
        ) { row in
            DispatchPlan(
                id: row.text(0), createdAt: row.text(1), harnessVersion: row.text(2),
                harnessCommit: row.optionalText(3),
                commandJSON: row.text(4), label: row.optionalText(5), datasetManifestSHA256: row.optionalText(6),
                bundles: [], dataset: nil, runs: [])
        }
        guard var plan = rows.first else { return nil }
        plan.runs = try plannedRuns(plan.id)
        if let key = plan.datasetManifestSHA256 { plan.dataset = try dataset(key) }
        plan.bundles = try connection.rows(
            "SELECT * FROM bundle WHERE manifest_sha256 IN (SELECT bundle_sha256 FROM planned_run WHERE dispatch_id = ?)",
            [.text(plan.id)], Self.bundle)
        return plan
    }

    private func plannedRuns(_ dispatch: String) throws(StoreError) -> [PlannedRun] {
        try connection.rows(
            """
            SELECT ordinal, target_name, bundle_sha256, requested_settings_json, coalesce(round, 0), coalesce(restart, 0) FROM planned_run WHERE dispatch_id = ?
            ORDER BY ordinal
            """, [.text(dispatch)], Self.planned)
    }

    private static func planned(_ row: Row) -> PlannedRun {
        PlannedRun(
            ordinal: row.int(0), targetName: row.text(1), bundleManifestSHA256: row.text(2), settingsJSON: row.text(3),
            round: row.int(4), restart: row.int(5))
    }

    /// Runs of a dispatch that are planned or lost, in order.
    public func openRuns(ofDispatch id: String) throws(StoreError) -> [OpenRun] {
        try connection.rows(
            """
            SELECT ordinal, target_name, bundle_sha256, requested_settings_json, coalesce(round, 0), coalesce(restart, 0),
                (SELECT coalesce(max(attempt), 0) + 1 FROM run WHERE planned_run_id = p.id)
            FROM planned_run AS p WHERE dispatch_id = ? AND NOT EXISTS
                (SELECT 1 FROM run WHERE run.planned_run_id = p.id AND run.outcome <> 'lost') ORDER BY ordinal
            """, [.text(id)]
        ) { OpenRun(planned: Self.planned($0), attempt: $0.int(6)) }
    }
}
