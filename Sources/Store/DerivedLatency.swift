import Results
import Statistics

/// Percentiles of the timed samples of a run, one row of `derived_latency` for each figure of a sample: each column of `sample` in
/// nanoseconds. They are computed from the stored samples, when a run is recorded and when an older database is migrated.
struct DerivedLatency: StoredRecord, Hashable {
    /// Name of the figure's column.
    var figure: String
    var figures: LatencyFigures

    static let columns: [String: ColumnRule] = ["figures": .group()]

    /// Writes the figures of `run`; within the transaction of its row.
    static func insert(run: Int64, _ connection: Connection) throws(StoreError) {
        try connection.insert(try computed(run: run, connection), into: "derived_latency", ["run_id": .integer(run)])
    }

    /// Writes the figures of all runs that have none.
    static func fill(_ connection: Connection) throws(StoreError) {
        let runs = try connection.rows(
            "SELECT id FROM run WHERE id NOT IN (SELECT run_id FROM derived_latency)"
        ) { $0.int64(0) }
        for run in runs { try insert(run: run, connection) }
    }

    /// Rows that are not what the samples say, a line each.
    static func check(_ connection: Connection) throws(StoreError) -> [String] {
        var problems: [String] = []
        for run in try connection.rows("SELECT id FROM run ORDER BY id", [], { $0.int64(0) }) {
            let stored = try connection.records(
                DerivedLatency.self, "SELECT * FROM derived_latency WHERE run_id = ?", [.integer(run)])
            let computed = try computed(run: run, connection)
            let figures = Set((stored + computed).map(\.figure)).sorted()
            for figure in figures
            where stored.first(where: { $0.figure == figure }) != computed.first(where: { $0.figure == figure }) {
                problems.append(
                    "table derived_latency, row with run_id \(run), figure \(figure): it is not what the samples say")
            }
        }
        return problems
    }

    private static func computed(run: Int64, _ connection: Connection) throws(StoreError) -> [DerivedLatency] {
        let names = try connection.columns(of: "sample").map(\.name).filter { $0.hasSuffix("_ns") }
        var values = [[Int64]](repeating: [], count: names.count)
        let columns = names.map { "\"\($0)\"" }.joined(separator: ", ")
        _ = try connection.rows(
            "SELECT \(columns) FROM sample WHERE run_id = ? AND phase = ?",
            [.integer(run), .text(RunPhase.timed.rawValue)]
        ) { row in
            for place in names.indices {
                if let value = row.optionalInt64(Int32(place)) { values[place].append(value) }
            }
        }
        return zip(names, values).compactMap { name, values in
            LatencyFigures(values).map { DerivedLatency(figure: name, figures: $0) }
        }
    }
}
