/// A predicted mask that no run in the database has yet.
public struct PredictedMask: Hashable, Sendable {
    /// Order of its slice in the data set.
    public var position: Int
    /// 0 and 255, as a PNG file.
    public var png: [UInt8]

    public init(position: Int, png: [UInt8]) {
        self.position = position
        self.png = png
    }
}

extension ResultsStore {
    /// Those of `digests` (of pixels, as slices have them) whose mask some run has.
    public func knownMasks(among digests: Set<String>) throws(StoreError) -> Set<String> {
        var known: Set<String> = []
        // The files themselves stay unread.
        for digest in digests where try first("1", ofMask: digest, { $0.int(0) }) != nil { known.insert(digest) }
        return known
    }

    /// The PNG file of the mask with this digest; nil if no run has it.
    public func mask(_ digest: String) throws(StoreError) -> [UInt8]? {
        try first("png", ofMask: digest) { $0.blob(0) }
    }

    private func first<Value>(
        _ column: String, ofMask digest: String, _ read: (Row) -> Value
    ) throws(StoreError) -> Value? {
        try connection.rows(
            "SELECT \(column) FROM slice JOIN mask USING (run_id, position) WHERE mask_sha256 = ? LIMIT 1",
            [.text(digest)], read
        ).first
    }

    /// Writes the masks that a run brings; within the transaction of its row.
    func insertMasks(of result: RunResult, run: Int64) throws(StoreError) {
        try connection.runMany(
            "INSERT INTO mask VALUES (?, ?, ?)",
            result.masks.map { [.integer(run), SQLValue($0.position), .blob($0.png)] })
    }
}
