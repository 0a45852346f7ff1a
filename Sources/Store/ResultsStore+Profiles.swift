extension ResultsStore {
    /// Stores a profile of `bundle`, and returns its row id.
    @discardableResult
    public func record(_ profile: Profile, of bundle: BundleRecord) throws(StoreError) -> Int64 {
        try connection.transaction { () throws(StoreError) in
            try connection.insert(bundle, into: "bundle", orIgnore: true)
            guard let board = profile.board else { throw StoreError(.failed, "\(path): a profile is of a board.") }
            try connection.insert(profile, into: "profile", ["board_id": .integer(try boardRow(board))])
            let id = connection.lastInsertedRow
            try connection.insert(
                profile.operators, into: "profile_operator", ["profile_id": .integer(id)], position: "position")
            return id
        }
    }

    /// The newest profile of the bundle on the target; nil if there is none.
    public func profile(target: String, bundle: String) throws(StoreError) -> Profile? {
        let found = try connection.records(
            Profile.self,
            "SELECT *, id, board_id FROM profile WHERE target_name = ? AND bundle_sha256 = ? ORDER BY id DESC LIMIT 1",
            [.text(target), .text(bundle)]
        ) { profile, row in (profile, id: row.int64(row.count - 2), board: row.int64(row.count - 1)) }
        guard let (stored, id, board) = found.first else { return nil }
        var profile = stored
        profile.board = try self.board(board)
        profile.operators = try connection.records(
            Profile.Operator.self, "SELECT * FROM profile_operator WHERE profile_id = ? ORDER BY position",
            [.integer(id)])
        return profile
    }
}
