/// A table as a seal sees it: which of its rows belong to a run.
struct SealedTable: Sendable {
    let name: String
    /// All columns, sorted by name.
    let columns: [String]
    /// Those that name a row, in the order of the primary key.
    let key: [String]
    /// Selects the rows of run ?1.
    let condition: String
    /// Whether its rows are of this run alone; others belong to several.
    let isOwn: Bool

    /// The values of `columns` of a run's rows, in the order of their keys.
    var rowsQuery: String { query(columns) }
    /// The keys alone, in the same order.
    var keysQuery: String { query(key) }

    private func query(_ columns: [String]) -> String {
        func list(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ", ") }
        return "SELECT \(list(columns)) FROM \(name) WHERE \(condition) ORDER BY \(list(key))"
    }

    /// What a run refers to: the settings asked for, module, data and facts. All other tables that are sealed have a run_id.
    private static let shared = [
        "planned_run": "id = (SELECT planned_run_id FROM run WHERE id = ?1)",
        "dispatch": "id = (SELECT dispatch_id FROM \(plan))",
        "bundle": "manifest_sha256 = (SELECT bundle_sha256 FROM \(plan))",
        "dataset": "manifest_sha256 = (SELECT dataset_sha256 FROM \(plan) JOIN dispatch ON dispatch.id = dispatch_id)",
        "board": "id = (SELECT board_id FROM run WHERE id = ?1)",
        // Pictures are kept once for a data set, and more by later runs: those of the slices that this run has pictures of.
        "slice_image": """
        dataset_sha256 = (SELECT dataset_sha256 FROM \(plan) JOIN dispatch ON dispatch.id = dispatch_id)
            AND (patient, slice_index) IN (SELECT patient, slice_index FROM prediction WHERE run_id = ?1)
        """,
    ]
    private static let plan =
        "(SELECT p.* FROM planned_run AS p JOIN run ON p.id = run.planned_run_id WHERE run.id = ?1)"
    private static let seals: Set = ["seal", "sealed_table"]

    /// The tables of the database, sorted by name: those above, and every one that says of which run its rows are, but for seals themselves
    /// and for what is derived from other tables.
    static func all(_ connection: Connection) throws(StoreError) -> [SealedTable] {
        let columns = try connection.rows(
            """
            SELECT t.name, c.name, c.pk FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
            WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.name
            """
        ) { (table: $0.text(0), name: $0.text(1), key: $0.int(2)) }
        return Dictionary(grouping: columns, by: \.table).compactMap { table, columns -> SealedTable? in
            let names = columns.map(\.name)
            let condition: String
            if let known = shared[table] {
                condition = known
            } else if table == "run" {
                condition = "id = ?1"
            } else if names.contains("run_id"), !seals.contains(table), !table.hasPrefix(Schema.derivedPrefix) {
                condition = "run_id = ?1"
            } else {
                return nil
            }
            let key = columns.filter { $0.key > 0 }.sorted { $0.key < $1.key }.map(\.name)
            return SealedTable(
                name: table, columns: names.sorted(), key: key.isEmpty ? ["rowid"] : key, condition: condition,
                isOwn: shared[table] == nil)
        }.sorted { $0.name < $1.name }
    }
}
