import CSQLite
import JSON

/// Decodes records from the rows of one statement by the names of its columns.
///
/// One decoder serves all rows: where a key's column is, is found with the first.
final class RowDecoder: Decoder {
    enum Place {
        case column(Int32)
        /// The column has the value as JSON.
        case json(Int32)
        case group(RowDecoder, present: Int32?)
        case none
    }

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }
    private let row: Row
    private let names: [String: Int32]
    private let type: Any.Type
    private let rules: [String: ColumnRule]
    private let mayLackColumns: Bool
    private let prefix: String
    private var places = ColumnPlaces<Place>()
    /// Columns by their keys' numbers, for values that are in one; below zero elsewhere, and until they were found.
    private let known = UnsafeMutablePointer<Int32>.allocate(capacity: 256)
    /// The last text of a column that was made a value of, and that value: most rows have the same phase as the one before.
    private var last: [LastText?]
    /// The column whose value is being decoded by itself.
    private var single: Int32 = 0

    init(_ row: Row, _ type: Any.Type) {
        self.row = row
        var names: [String: Int32] = [:]
        // Of columns of one name the last counts: what a query adds to “*”.
        for column in 0..<row.count { names[row.name(column)] = column }
        self.names = names
        last = Array(repeating: nil, count: Int(row.count))
        prefix = ""
        (self.type, rules, mayLackColumns) = (type, Self.rules(type), Self.mayLackColumns(type))
        known.initialize(repeating: -1, count: 256)
    }

    deinit { known.deallocate() }

    private init(_ outer: RowDecoder, prefix: String, _ type: Any.Type) {
        (row, names, self.prefix, self.type) = (outer.row, outer.names, outer.prefix + prefix, type)
        last = outer.last.map { _ in nil }
        (rules, mayLackColumns) = (Self.rules(type), Self.mayLackColumns(type))
        known.initialize(repeating: -1, count: 256)
    }

    private static func rules(_ type: Any.Type) -> [String: ColumnRule] {
        (type as? any StoredRecord.Type)?.columns ?? [:]
    }
    private static func mayLackColumns(_ type: Any.Type) -> Bool {
        (type as? any StoredRecord.Type)?.mayLackColumns ?? false
    }

    private func find(_ property: String, _ value: Any.Type) throws(DecodingError) -> Place {
        var name = prefix + ColumnName.of(property)
        switch rules[property] {
        case .elsewhere?: return .none
        case .group(let prefix, let present)?:
            return .group(RowDecoder(self, prefix: prefix, value), present: present.flatMap { names[$0] })
        case .named(let other)?: name = prefix + other
        case nil: break
        }
        if let column = names[name] { return .column(column) }
        if let column = names["\(name)_json"] { return .json(column) }
        guard mayLackColumns else {
            throw .dataCorrupted(.init(codingPath: [], debugDescription: "\(type).\(property) has no column \(name)"))
        }
        return .none
    }

    fileprivate func fail(_ column: Int32, _ what: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: [], debugDescription: "column \(row.name(column)): \(what)"))
    }

    /// The column that `key` is known to be in; below zero if that was not looked up, or it is in none of its own.
    @inline(__always)
    private func knownColumn<Key>(_ key: Key) -> Int32 {
        MemoryLayout<Key>.size == 1 ? known[Int(withUnsafeBytes(of: key) { $0[0] })] : -1
    }

    /// Where a value is, for the first row; its column is known from then on.
    private func look<Key: CodingKey>(_ key: Key, _ value: Any.Type) throws -> Place {
        let place = try places.place(key) { (name) throws(DecodingError) in try find(name, value) }
        if MemoryLayout<Key>.size == 1, case .column(let column) = place {
            known[Int(withUnsafeBytes(of: key) { $0[0] })] = column
        }
        return place
    }

    /// The column of a number or text; nil where it is NULL or nowhere.
    @inline(__always)
    private func column<Key: CodingKey>(_ key: Key, _ value: Any.Type) throws -> Int32? {
        var column = knownColumn(key)
        if column < 0 {
            guard case .column(let found) = try look(key, value) else { return nil }
            column = found
        }
        return row.isNull(column) ? nil : column
    }

    private func required<Key: CodingKey>(_ key: Key, _ value: Any.Type) throws -> Int32 {
        guard let column = try column(key, value) else {
            throw DecodingError.valueNotFound(
                value, .init(codingPath: [], debugDescription: "\(type).\(key.stringValue) has no value"))
        }
        return column
    }

    /// A value that is no number; nil where it is NULL or nowhere.
    ///
    /// What is stored elsewhere is read later, and is `orEmpty` until then.
    private func value<Key: CodingKey, Value: Decodable>(
        _ key: Key, _ type: Value.Type, orEmpty: Bool
    ) throws -> Value? {
        let column = knownColumn(key)
        if column >= 0 { return try value(type, column) }
        switch try look(key, type) {
        case .column(let column): return try value(type, column)
        case .none: return orEmpty ? (Value.self as? any EmptyValue.Type)?.empty as? Value : nil
        case .group(let decoder, let present):
            if let present, row.isNull(present) { return nil }
            return try Value(from: decoder)
        case .json(let column):
            if row.isNull(column) { return nil }
            return try WireJSON.decode(Value.self, from: row.text(column).utf8)
        }
    }

    private func value<Value: Decodable>(_ type: Value.Type, _ column: Int32) throws -> Value? {
        if row.isNull(column) { return nil }
        if Value.self == [UInt8].self { return row.blob(column) as? Value }
        guard let text = row.bytes(column) else {
            single = column
            return try Value(from: self)
        }
        if let last = last[Int(column)], last.text.elementsEqual(text) {
            return unsafeDowncast(last, to: LastValue<Value>.self).value
        }
        let value: Value
        if Value.self == [String].self, let texts = row.text(column).split(separator: ", ").map(String.init) as? Value {
            value = texts
        } else {
            single = column
            value = try Value(from: self)
        }
        last[Int(column)] = LastValue(Array(text), value)
        return value
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Keyed<Key>(decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw fail(single, "a list has no column") }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { Single(decoder: self) }

    private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let decoder: RowDecoder
        var codingPath: [any CodingKey] { [] }
        var allKeys: [Key] { [] }

        func contains(_ key: Key) -> Bool { true }
        func decodeNil(forKey key: Key) throws -> Bool { try decoder.column(key, Any.self) == nil }

        func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
            decoder.row.int64(try decoder.required(key, type))
        }
        func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
            decoder.row.int(try decoder.required(key, type))
        }
        func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
            decoder.row.bool(try decoder.required(key, type))
        }
        func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
            decoder.row.double(try decoder.required(key, type))
        }
        func decode(_ type: String.Type, forKey key: Key) throws -> String {
            decoder.row.text(try decoder.required(key, type))
        }
        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
            guard let value = try decoder.value(key, type, orEmpty: true) else {
                throw DecodingError.valueNotFound(
                    type, .init(codingPath: [], debugDescription: "\(decoder.type).\(key.stringValue) has no value"))
            }
            return value
        }

        func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
            try decoder.column(key, type).map(decoder.row.int64)
        }
        func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
            try decoder.column(key, type).map(decoder.row.int)
        }
        func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
            try decoder.column(key, type).map(decoder.row.bool)
        }
        func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
            try decoder.column(key, type).map(decoder.row.double)
        }
        func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
            try decoder.column(key, type).map(decoder.row.text)
        }
        func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
            try decoder.value(key, type, orEmpty: false)
        }

        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) throws -> KeyedDecodingContainer<Nested> { throw decoder.fail(0, "a row has no rows in it") }
        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            throw decoder.fail(0, "a row has no rows in it")
        }
        func superDecoder() throws -> any Decoder { decoder }
        func superDecoder(forKey key: Key) throws -> any Decoder { decoder }
    }

    /// The value of one column, for types that are one: enumerations, digests.
    private struct Single: SingleValueDecodingContainer {
        let decoder: RowDecoder
        var codingPath: [any CodingKey] { [] }

        func decodeNil() -> Bool { decoder.row.isNull(decoder.single) }
        func decode(_ type: Int64.Type) throws -> Int64 { decoder.row.int64(decoder.single) }
        func decode(_ type: Int.Type) throws -> Int { decoder.row.int(decoder.single) }
        func decode(_ type: Double.Type) throws -> Double { decoder.row.double(decoder.single) }
        func decode(_ type: String.Type) throws -> String { decoder.row.text(decoder.single) }
        func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: decoder) }
    }
}

/// A text that was made a value of; the decoder of a column makes values of one type only.
private class LastText {
    let text: [UInt8]
    init(_ text: [UInt8]) { self.text = text }
}

private final class LastValue<Value>: LastText {
    let value: Value
    init(_ text: [UInt8], _ value: Value) {
        self.value = value
        super.init(text)
    }
}
