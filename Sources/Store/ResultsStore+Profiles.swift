import Statistics

extension ResultsStore {
    /// Stores a profile of `bundle`, and says its row id.
    @discardableResult
    public func record(_ profile: Profile, of bundle: BundleRecord) throws(StoreError) -> Int64 {
        try connection.transaction { () throws(StoreError) in
            try insert(bundle)
            let board = try boardRow(profile.board)
            try connection.run(
                """
                INSERT INTO profile (created_at, target_name, bundle_sha256, board_id, device, threads, calls,
                    profiled_median_ns, plain_median_ns, peak_flop_per_second, peak_int8_per_second, peak_bytes_per_second)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    .text(profile.createdAt), .text(profile.targetName), .text(bundle.manifestSHA256), .integer(board),
                    .text(profile.device), SQLValue(profile.threads), SQLValue(profile.calls),
                    .real(profile.profiledMedianNs), .real(profile.plainMedianNs),
                    SQLValue(profile.peaks?.flopPerSecond), SQLValue(profile.peaks?.int8PerSecond),
                    SQLValue(profile.peaks?.bytesPerSecond),
                ])
            let id = connection.lastInsertedRow
            try connection.runMany(
                "INSERT INTO profile_operator VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                profile.operators.enumerated().map { position, row in
                    [
                        .integer(id), SQLValue(position), .text(row.function), SQLValue(row.kind), SQLValue(row.layer),
                        SQLValue(row.calls), .integer(row.medianNs), .integer(row.leastNs), SQLValue(row.flop),
                        SQLValue(row.arithmetic), SQLValue(row.bytes),
                    ]
                })
            return id
        }
    }

    /// The newest profile of the bundle on the target; nil if there is none.
    public func profile(target: String, bundle: String) throws(StoreError) -> Profile? {
        let found = try connection.rows(
            """
            SELECT id, board_id, created_at, device, threads, calls, profiled_median_ns, plain_median_ns,
                peak_flop_per_second, peak_int8_per_second, peak_bytes_per_second
            FROM profile WHERE target_name = ? AND bundle_sha256 = ? ORDER BY id DESC LIMIT 1
            """, [.text(target), .text(bundle)]
        ) { row in
            (
                id: row.int64(0), board: row.int64(1), at: row.text(2), device: row.text(3), threads: row.int(4),
                calls: row.int(5), profiled: row.optionalDouble(6) ?? 0, plain: row.optionalDouble(7) ?? 0,
                flop: row.optionalDouble(8), int8: row.optionalDouble(9), bytes: row.optionalDouble(10)
            )
        }.first
        guard let found, let board = try board(found.board) else { return nil }
        let operators = try connection.rows(
            """
            SELECT function, kind, layer, calls, median_ns, least_ns, flop, arithmetic, bytes FROM profile_operator
            WHERE profile_id = ? ORDER BY position
            """, [.integer(found.id)]
        ) { row in
            Profile.Operator(
                function: row.text(0), kind: row.optionalText(1), layer: row.optionalText(2), calls: row.int(3),
                medianNs: row.int64(4), leastNs: row.int64(5), flop: row.optionalInt(6),
                arithmetic: row.optionalInt(7), bytes: row.optionalInt(8))
        }
        var peaks: Roofline?
        if let flop = found.flop, let bytes = found.bytes {
            peaks = Roofline(flopPerSecond: flop, int8PerSecond: found.int8, bytesPerSecond: bytes)
        }
        return Profile(
            createdAt: found.at, targetName: target, bundleManifestSHA256: bundle, board: board, device: found.device,
            threads: found.threads, calls: found.calls, profiledMedianNs: found.profiled, plainMedianNs: found.plain,
            peaks: peaks, operators: operators)
    }
}
