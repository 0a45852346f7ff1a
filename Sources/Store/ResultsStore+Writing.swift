extension ResultsStore {
    /// Writes the plan, with its bundles and data set, before anything is sent.
    public func begin(_ plan: DispatchPlan) throws(StoreError) {
        try connection.transaction { () throws(StoreError) in
            try connection.insert(plan.bundles, into: "bundle", orIgnore: true)
            if let dataset = plan.dataset { try connection.insert(dataset, into: "dataset", orIgnore: true) }
            try connection.insert(plan, into: "dispatch")
            try connection.insert(plan.runs, into: "planned_run", ["dispatch_id": .text(plan.id)])
        }
    }

    /// Stores one ended run, whole, and returns its row id.
    ///
    /// A run that is stored already (the same job, reported twice) stays as it is.
    @discardableResult
    public func record(_ result: RunResult, dispatch id: String, ordinal: Int) throws(StoreError) -> Int64 {
        try connection.transaction { () throws(StoreError) in
            let job = SQLValue.text(result.jobID)
            if let run = try connection.first("SELECT id FROM run WHERE job_id = ?", [job], { $0.int64(0) }) {
                return run
            }
            guard
                let planned = try connection.first(
                    "SELECT id FROM planned_run WHERE dispatch_id = ? AND ordinal = ?", [.text(id), SQLValue(ordinal)],
                    { $0.int64(0) })
            else {
                throw StoreError(.notFound, "dispatch \(id) has no run \(ordinal): was the database replaced?")
            }
            let board: Int64?
            if let record = result.board { board = try boardRow(record) } else { board = nil }
            try connection.insert(
                result, into: "run", ["planned_run_id": .integer(planned), "board_id": SQLValue(board)])
            let run = connection.lastInsertedRow
            try insertParts(of: result, run: run, dispatch: id)
            try DerivedLatency.insert(run: run, connection)
            try connection.seal(run: run)
            return run
        }
    }

    private func insertParts(of result: RunResult, run: Int64, dispatch id: String) throws(StoreError) {
        let key = ["run_id": SQLValue.integer(run)]
        if let health = result.health { try connection.insert(health, into: "run_health", key) }
        try connection.insert(result.windows, into: "run_window", key)
        try connection.insert(result.phases, into: "phase", key, position: "position")
        try connection.insert(result.samples, into: "sample", key)
        try connection.insert(result.slices, into: "slice", key, position: "position")
        try connection.insert(result.masks, into: "mask", key)
        try connection.insert(result.queries, into: "query", key)
        if let validity = result.validity {
            try connection.insert(
                validity, into: "judgement", key.merging(["verdict": .text(validity.status.rawValue)]) { $1 })
            try connection.insert(validity.reasons, into: "invalid_reason", key, position: "position")
        }
        // One picture is two rows: the image belongs to the data set, the prediction to the run.
        try connection.runMany(
            """
            INSERT OR IGNORE INTO slice_image (dataset_sha256, patient, slice_index, image_png, truth_png)
            SELECT dataset_sha256, ?, ?, ?, ? FROM dispatch WHERE id = ? AND dataset_sha256 IS NOT NULL
            """,
            result.pictures.map { picture in
                [
                    .text(picture.patient), SQLValue(picture.sliceIndex), .blob(picture.imagePNG),
                    .blob(picture.truthPNG), .text(id),
                ]
            })
        try connection.runMany(
            "INSERT INTO prediction (run_id, patient, slice_index, predicted_png) VALUES (?, ?, ?, ?)",
            result.pictures.map { picture in
                [.integer(run), .text(picture.patient), SQLValue(picture.sliceIndex), .blob(picture.predictedPNG)]
            })
    }

    func boardRow(_ board: BoardRecord) throws(StoreError) -> Int64 {
        try connection.insert(board, into: "board", orIgnore: true)
        let facts = SQLValue.text(board.factsJSON)
        guard let row = try connection.first("SELECT id FROM board WHERE facts_json = ?", [facts], { $0.int64(0) })
        else {
            throw StoreError(.failed, "\(path): a board's row vanished while it was written.")
        }
        return row
    }

    /// Those of `digests` (of pixels, as slices have them) whose mask some run has.
    public func knownMasks(among digests: Set<SHA256Digest>) throws(StoreError) -> Set<SHA256Digest> {
        var known: Set<SHA256Digest> = []
        // The files themselves stay unread.
        for digest in digests where try first("1", ofMask: digest, { $0.int(0) }) != nil { known.insert(digest) }
        return known
    }

    /// The PNG file of the mask with this digest; nil if no run has it.
    public func mask(_ digest: SHA256Digest) throws(StoreError) -> [UInt8]? {
        try first("png", ofMask: digest) { $0.blob(0) }
    }

    private func first<Value>(
        _ column: String, ofMask digest: SHA256Digest, _ read: (Row) -> Value
    ) throws(StoreError) -> Value? {
        try connection.first(
            "SELECT \(column) FROM slice JOIN mask USING (run_id, position) WHERE mask_sha256 = ? LIMIT 1",
            [.text(digest.hex)], read)
    }
}
