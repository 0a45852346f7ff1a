extension Connection {
    /// Seals a run as it stands; to be called last in the transaction that writes it.
    func seal(run id: Int64) throws(StoreError) {
        let contents = try SealContents(of: id, in: try SealedTable.all(self), self)
        try run(
            "INSERT INTO seal VALUES (?, ?, ?)", [.integer(id), SQLValue(CanonicalRow.format), .text(contents.sha256)])
        try runMany(
            "INSERT INTO sealed_table VALUES (?, ?, ?)",
            contents.checks.map { [.integer(id), .text($0.table), .blob(SealContents.blob($0.checks))] })
    }
}

extension ResultsStore {
    /// The digest that a run was sealed with; nil if it was made before there were seals.
    public func seal(of run: Int64) throws(StoreError) -> String? {
        try connection.first("SELECT sha256 FROM seal WHERE run_id = ?", [.integer(run)]) { $0.text(0) }
    }

    /// Compares every sealed run with its seal: how many there are, and a line for each row that is not as it was.
    func checkSeals() throws(StoreError) -> (sealed: Int, unsealed: Int, problems: [String]) {
        let tables = try SealedTable.all(connection)
        let seals = try connection.rows(
            """
            SELECT run.id, format, sha256, p.round IS NOT NULL
            FROM run JOIN planned_run AS p ON p.id = planned_run_id LEFT JOIN seal ON run_id = run.id ORDER BY run.id
            """
        ) { (run: $0.int64(0), format: $0.optionalInt(1), sha256: $0.text(2), isRecent: $0.bool(3)) }
        var (sealed, unsealed) = (0, 0)
        var findings = SealFindings()
        for seal in seals {
            switch seal.format {
            case CanonicalRow.format?:
                sealed += 1
                try compare(seal.run, sealedAs: seal.sha256, in: tables, &findings)
            case let format?:
                findings.add("table seal: its format is \(format), which this harness does not know", run: seal.run)
            // Runs are sealed from one schema on, since when plans have rounds: after a sealed one, all are.
            case nil where sealed > 0 || seal.isRecent: findings.add("table seal: its row is missing", run: seal.run)
            case nil: unsealed += 1
            }
        }
        return (sealed, unsealed, findings.lines)
    }

    private func compare(
        _ run: Int64, sealedAs sha256: String, in tables: [SealedTable], _ findings: inout SealFindings
    ) throws(StoreError) {
        let contents = try SealContents(of: run, in: tables, connection)
        let stored = try connection.rows(
            "SELECT table_name, row_checks FROM sealed_table WHERE run_id = ?", [.integer(run)]
        ) { ($0.text(0), SealContents.checks($0.blob(1))) }
        var sealed = Dictionary(stored, uniquingKeysWith: { first, _ in first })
        var isFound = false
        for table in tables {
            let now = contents.checks.first { $0.table == table.name }?.checks ?? []
            let difference = SealDifference(sealed: sealed.removeValue(forKey: table.name) ?? [], now: now)
            if difference.isEmpty { continue }
            isFound = true
            // Rows that have the run's digest are right, whatever their checks say.
            if contents.sha256 == sha256 {
                findings.add(
                    "table sealed_table, row with table_name \(table.name): it is not what was written", run: run)
            } else {
                findings.add(difference, try keys(of: run, in: table), table, run: run)
            }
        }
        for table in sealed.keys.sorted() {
            isFound = true
            findings.add("table sealed_table, row with table_name \(table): no such table was sealed", run: run)
        }
        if contents.sha256 != sha256, !isFound {
            findings.add(
                "table seal: its digest is not that of the run's rows, which are as they were sealed", run: run)
        }
    }

    /// What names each row of `run` in `table`, in the order in which they are sealed.
    private func keys(of run: Int64, in table: SealedTable) throws(StoreError) -> [String] {
        try connection.rows(table.keysQuery, [.integer(run)]) { row in
            row.named.map { name, value in "\(name) \(value.text)" }.joined(separator: ", ")
        }
    }
}
