extension Connection {
    /// A column of a table.
    struct Column {
        var name: String
        var isRequired: Bool
    }

    /// The columns of a table, in its order.
    func columns(of table: String) throws(StoreError) -> [Column] {
        try rows("SELECT name, \"notnull\" AND dflt_value IS NULL FROM pragma_table_info(?)", [.text(table)]) {
            Column(name: $0.text(0), isRequired: $0.bool(1))
        }
    }

    /// All rows of a query as records, by the names of their columns.
    func records<Record: StoredRecord>(
        _ type: Record.Type, _ sql: String, _ values: [SQLValue] = []
    ) throws(StoreError) -> [Record] {
        try records(sql, values) { (decoder, _) in try Record(from: decoder) }
    }

    /// All rows of a query as records, each with what `read` adds to it from the same row.
    func records<Record: StoredRecord, Value>(
        _ type: Record.Type, _ sql: String, _ values: [SQLValue] = [], _ read: (Record, Row) -> Value
    ) throws(StoreError) -> [Value] {
        try records(sql, values, of: Record.self) { (decoder, row) in read(try Record(from: decoder), row) }
    }

    private func records<Value>(
        _ sql: String, _ values: [SQLValue], of type: Any.Type = Value.self, _ read: (RowDecoder, Row) throws -> Value
    ) throws(StoreError) -> [Value] {
        let statement = try Statement(sql, self)
        try statement.bind(values)
        let row = Row(statement: statement.handle)
        let decoder = RowDecoder(row, type)
        var result: [Value] = []
        while try statement.step() {
            do { result.append(try read(decoder, row)) } catch { throw Self.undecodable(error, path) }
        }
        return result
    }

    private static func undecodable(_ error: any Error, _ path: String) -> StoreError {
        let reason =
            switch error {
            case DecodingError.dataCorrupted(let context), DecodingError.valueNotFound(_, let context):
                context.debugDescription
            default: "\(error)"
            }
        return StoreError(.damaged, "\(path): \(reason): “harness db check” says more.")
    }

    /// Inserts records into `table`, each with the columns `extra`; `position` is a column that numbers them from 0.
    func insert<Record: StoredRecord>(
        _ records: some Sequence<Record>, into table: String, _ extra: [String: SQLValue] = [:],
        position: String? = nil, orIgnore: Bool = false
    ) throws(StoreError) {
        let columns = try columns(of: table).map(\.name)
        let names = columns.map { "\"\($0)\"" }.joined(separator: ", ")
        let marks = columns.map { _ in "?" }.joined(separator: ", ")
        let statement = try Statement(
            "INSERT \(orIgnore ? "OR IGNORE " : "")INTO \(table) (\(names)) VALUES (\(marks))", self)
        let encoder = RowEncoder(statement, table: table, columns: columns, Record.self)
        func parameter(_ column: String) throws(StoreError) -> Int32 {
            guard let place = columns.firstIndex(of: column) else {
                throw StoreError(.failed, "\(path): table \(table) has no column \(column).")
            }
            return Int32(place + 1)
        }
        var added: [(parameter: Int32, value: SQLValue)] = []
        for (column, value) in extra { added.append((try parameter(column), value)) }
        let counter = try position.map { (column) throws(StoreError) in try parameter(column) }
        for (index, record) in records.enumerated() {
            statement.clear()
            for (parameter, value) in added { try statement.bind(value, at: parameter) }
            if let counter { try statement.bind(Int64(index), at: counter) }
            do { try record.encode(to: encoder) } catch let error as StoreError { throw error } catch {
                guard case EncodingError.invalidValue(_, let context) = error else {
                    throw StoreError(.failed, "\(path): \(error)")
                }
                throw StoreError(.failed, "\(path): \(context.debugDescription).")
            }
            while try statement.step() {}
        }
    }

    /// Inserts one record.
    func insert<Record: StoredRecord>(
        _ record: Record, into table: String, _ extra: [String: SQLValue] = [:], orIgnore: Bool = false
    ) throws(StoreError) { try insert(CollectionOfOne(record), into: table, extra, orIgnore: orIgnore) }
}
