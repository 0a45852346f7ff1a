extension ResultsStore {
    /// Writes the plan, with its bundles and data set, before anything is sent.
    public func begin(_ plan: DispatchPlan) throws(StoreError) {
        try connection.transaction { () throws(StoreError) in
            for bundle in plan.bundles { try insert(bundle) }
            if let dataset = plan.dataset { try insert(dataset) }
            try connection.run(
                "INSERT INTO dispatch VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    .text(plan.id), .text(plan.createdAt), .text(plan.harnessVersion), SQLValue(plan.harnessCommit),
                    .text(plan.commandJSON), SQLValue(plan.label), SQLValue(plan.datasetManifestSHA256),
                ])
            try connection.runMany(
                """
                INSERT INTO planned_run (dispatch_id, ordinal, target_name, bundle_sha256, requested_settings_json, round, restart)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                plan.runs.map { run in
                    [
                        .text(plan.id), SQLValue(run.ordinal), .text(run.targetName), .text(run.bundleManifestSHA256),
                        .text(run.settingsJSON), SQLValue(run.round), SQLValue(run.restart),
                    ]
                })
        }
    }

    func insert(_ bundle: BundleRecord) throws(StoreError) {
        try connection.run(
            """
            INSERT OR IGNORE INTO bundle
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(bundle.manifestSHA256), .text(bundle.name), .text(bundle.model), .text(bundle.variant),
                SQLValue(bundle.width), SQLValue(bundle.depth), SQLValue(bundle.parameters),
                SQLValue(bundle.checkpointSHA256), .text(bundle.targetName), .text(bundle.architecture),
                .text(bundle.tvmTargetJSON), .text(bundle.tvmVersion), .text(bundle.moduleSHA256),
                SQLValue(bundle.moduleSizeBytes), .real(bundle.threshold), .text(bundle.trainingDataset),
                SQLValue(bundle.trainingSynthetic), SQLValue(bundle.trainingDice), SQLValue(bundle.referenceDice),
                SQLValue(bundle.referenceDatasetSHA256), SQLValue(bundle.sourceCommit),
                .text(bundle.createdAt), .text(bundle.manifestJSON), .text(bundle.runner),
                .text(bundle.frameworkVersion),
            ])
    }

    private func insert(_ dataset: DatasetRecord) throws(StoreError) {
        try connection.run(
            "INSERT OR IGNORE INTO dataset VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                .text(dataset.manifestSHA256), .text(dataset.name), SQLValue(dataset.synthetic), .text(dataset.source),
                SQLValue(dataset.patients), SQLValue(dataset.slices), SQLValue(dataset.height), SQLValue(dataset.width),
            ])
    }

    /// Stores one ended run, whole, and says its row id.
    ///
    /// A run that is stored already (the same job, told twice) stays as it is.
    @discardableResult
    public func record(_ result: RunResult, dispatch id: String, ordinal: Int) throws(StoreError) -> Int64 {
        try connection.transaction { () throws(StoreError) in
            let known = try connection.rows("SELECT id FROM run WHERE job_id = ?", [.text(result.jobID)]) {
                $0.int64(0)
            }
            if let run = known.first { return run }
            let planned = try connection.rows(
                "SELECT id FROM planned_run WHERE dispatch_id = ? AND ordinal = ?", [.text(id), SQLValue(ordinal)]
            ) { $0.int64(0) }
            guard let planned = planned.first else {
                throw StoreError(.notFound, "dispatch \(id) has no run \(ordinal): was the database replaced?")
            }
            let board: Int64?
            if let record = result.board { board = try boardRow(record) } else { board = nil }
            try insert(result, planned: planned, board: board)
            let run = connection.lastInsertedRow
            try insertParts(of: result, run: run, dispatch: id)
            try insertScenario(of: result, run: run)
            try insertMasks(of: result, run: run)
            try seal(run: run)
            return run
        }
    }

    func boardRow(_ board: BoardRecord) throws(StoreError) -> Int64 {
        try connection.run(
            """
            INSERT OR IGNORE INTO board (agent_instance, agent_version, model, cpu_model, architecture, cores, memory_bytes,
                os_name, kernel, hypervisor, governor, emulated, tvm_version, facts_json)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(board.agentInstance), .text(board.agentVersion), SQLValue(board.model), SQLValue(board.cpuModel),
                .text(board.architecture), SQLValue(board.cores), SQLValue(board.memoryBytes), SQLValue(board.osName),
                .text(board.kernel), SQLValue(board.hypervisor), SQLValue(board.governor), SQLValue(board.emulated),
                SQLValue(board.tvmVersion), .text(board.factsJSON),
            ])
        let rows = try connection.rows("SELECT id FROM board WHERE facts_json = ?", [.text(board.factsJSON)]) {
            $0.int64(0)
        }
        guard let row = rows.first else {
            throw StoreError(.failed, "\(path): a board's row vanished while it was written.")
        }
        return row
    }

    private func insert(_ result: RunResult, planned: Int64, board: Int64?) throws(StoreError) {
        try connection.run(
            """
            INSERT INTO run (planned_run_id, attempt, job_id, outcome, failure_code, failure_message, started_at, ended_at,
                board_id, device, effective_settings_json, threads, warm_up_calls, warm_up_reason, sent_bytes,
                skipped_bytes, max_rss_bytes, masks_sha256, conditions_json, throttling, scenario, agent_started_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .integer(planned), SQLValue(result.attempt), .text(result.jobID), .text(result.outcome.rawValue),
                SQLValue(result.failureCode), SQLValue(result.failureMessage), .text(result.startedAt),
                .text(result.endedAt), SQLValue(board), .text(result.device), SQLValue(result.effectiveSettingsJSON),
                SQLValue(result.threads), SQLValue(result.warmUpCalls), SQLValue(result.warmUpReason),
                SQLValue(result.sentBytes), SQLValue(result.skippedBytes), SQLValue(result.maxResidentBytes),
                SQLValue(result.masksDigest), SQLValue(result.conditionsJSON), SQLValue(result.throttling),
                .text(result.scenario), SQLValue(result.agentStartedAt),
            ])
    }

    private func insertParts(of result: RunResult, run: Int64, dispatch id: String) throws(StoreError) {
        if let health = result.health { try insert(health, run: run) }
        try insert(result.windows, run: run)
        try connection.runMany(
            "INSERT INTO phase VALUES (?, ?, ?, ?, ?, ?, ?)",
            result.phases.enumerated().map { position, phase in
                [
                    .integer(run), SQLValue(position), .text(phase.name), .integer(phase.durationNs),
                    SQLValue(phase.residentBytes), SQLValue(phase.peakResidentBytes), SQLValue(phase.deviceBytes),
                ]
            })
        try connection.runMany(
            "INSERT INTO sample VALUES (?, ?, ?, ?, ?, ?, ?)",
            result.samples.lazy.map { sample in
                [
                    .integer(run), .text(sample.phase), SQLValue(sample.index), .integer(sample.computeNs),
                    SQLValue(sample.endToEndNs), SQLValue(sample.hostToDeviceNs), SQLValue(sample.deviceToHostNs),
                ]
            })
        try connection.runMany(
            "INSERT INTO slice VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            result.slices.enumerated().map { position, slice in
                [
                    .integer(run), SQLValue(position), .text(slice.patient), SQLValue(slice.sliceIndex),
                    SQLValue(slice.intersection), SQLValue(slice.predicted), SQLValue(slice.truth),
                    SQLValue(slice.largestIntersection), SQLValue(slice.largestPredicted), .text(slice.maskSHA256),
                ]
            })
        try connection.runMany(
            """
            INSERT OR IGNORE INTO slice_image SELECT dataset_sha256, ?, ?, ?, ? FROM dispatch
            WHERE id = ? AND dataset_sha256 IS NOT NULL
            """,
            result.pictures.map { picture in
                [
                    .text(picture.patient), SQLValue(picture.sliceIndex), .blob(picture.imagePNG),
                    .blob(picture.truthPNG), .text(id),
                ]
            })
        try connection.runMany(
            "INSERT INTO prediction VALUES (?, ?, ?, ?)",
            result.pictures.map { picture in
                [.integer(run), .text(picture.patient), SQLValue(picture.sliceIndex), .blob(picture.predictedPNG)]
            })
    }
}
