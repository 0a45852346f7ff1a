import Hashing

/// A run's rows as they are now: their digest, and a check of each.
struct SealContents {
    private(set) var sha256 = ""
    private(set) var checks: [(table: String, checks: [UInt64])] = []

    init(of run: Int64, in tables: [SealedTable], _ connection: Connection) throws(StoreError) {
        var hasher = SHA256Hasher()
        hasher.update(Array("harness run seal \(CanonicalRow.format)\n".utf8))
        for table in tables {
            let columns = table.columns.map { Array($0.utf8) }
            let rows = try connection.rows(table.rowsQuery, [.integer(run)]) { $0.values }
            if rows.isEmpty { continue }
            hasher.update(CanonicalRow.opening(table.name))
            var rowChecks: [UInt64] = []
            rowChecks.reserveCapacity(rows.count)
            for row in rows {
                let bytes = CanonicalRow.bytes(columns, row)
                hasher.update(bytes)
                rowChecks.append(SHA256Hasher.check(of: bytes))
            }
            hasher.update(CanonicalRow.closing)
            checks.append((table.name, rowChecks))
        }
        sha256 = hasher.finish().hex
    }

    static func blob(_ checks: [UInt64]) -> [UInt8] {
        var bytes: [UInt8] = []
        for check in checks { CanonicalRow.append(check, to: &bytes) }
        return bytes
    }

    static func checks(_ blob: [UInt8]) -> [UInt64] {
        stride(from: 0, to: blob.count - blob.count % 8, by: 8).map { start in
            blob[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }
}
