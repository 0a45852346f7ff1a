import CSQLite
import JSON

/// Binds a record's properties to the parameters of one INSERT statement, by the names of the table's columns.
final class RowEncoder: Encoder {
    private enum Place {
        case parameter(Int32)
        /// The value goes there as JSON.
        case json(Int32)
        case group(RowEncoder)
        case none
    }

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }
    private let statement: Statement
    private let table: String
    /// Numbers of parameters by column.
    private let names: [String: Int32]
    private let type: Any.Type
    private let rules: [String: ColumnRule]
    private let mayLackColumns: Bool
    private let prefix: String
    private var places = ColumnPlaces<Place>()
    private var single: Int32 = 0

    init(_ statement: Statement, table: String, columns: [String], _ type: Any.Type) {
        (self.statement, self.table, self.type, prefix) = (statement, table, type, "")
        names = Dictionary(uniqueKeysWithValues: zip(columns, Int32(1)...))
        let stored = type as? any StoredRecord.Type
        (rules, mayLackColumns) = (stored?.columns ?? [:], stored?.mayLackColumns ?? false)
    }

    private init(_ outer: RowEncoder, prefix: String, _ type: Any.Type) {
        (statement, table, names) = (outer.statement, outer.table, outer.names)
        (self.prefix, self.type) = (outer.prefix + prefix, type)
        let stored = type as? any StoredRecord.Type
        (rules, mayLackColumns) = (stored?.columns ?? [:], stored?.mayLackColumns ?? false)
    }

    private func place<Key: CodingKey>(_ key: Key, _ value: Any.Type) throws(EncodingError) -> Place {
        try places.place(key) { (name) throws(EncodingError) in try find(name, value) }
    }

    private func find(_ property: String, _ value: Any.Type) throws(EncodingError) -> Place {
        var name = prefix + ColumnName.of(property)
        switch rules[property] {
        case .elsewhere?: return .none
        case .group(let prefix, _)?: return .group(RowEncoder(self, prefix: prefix, value))
        case .named(let other)?: name = prefix + other
        case nil: break
        }
        if let column = names[name] { return .parameter(column) }
        if let column = names["\(name)_json"] { return .json(column) }
        guard mayLackColumns else {
            throw .invalidValue(
                property,
                .init(codingPath: [], debugDescription: "\(type).\(property): table \(table) has no column \(name)"))
        }
        return .none
    }

    private func bind<Key: CodingKey, Value>(_ key: Key, _ value: Value, _ bind: (Int32) throws -> Void) throws {
        if case .parameter(let parameter) = try place(key, Value.self) { try bind(parameter) }
    }

    private func encode<Value: Encodable>(_ value: Value, _ place: Place) throws {
        switch place {
        case .none: break
        case .group(let encoder): try value.encode(to: encoder)
        case .json(let parameter):
            try statement.bind(.text(String(decoding: try WireJSON.encode(value), as: UTF8.self)), at: parameter)
        case .parameter(let parameter):
            if let bytes = value as? [UInt8] {
                try statement.bind(.blob(bytes), at: parameter)
            } else if let texts = value as? [String] {
                try statement.bind(.text(texts.joined(separator: ", ")), at: parameter)
            } else {
                single = parameter
                try value.encode(to: self)
            }
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(Keyed<Key>(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { preconditionFailure("\(type): a list has no column") }
    func singleValueContainer() -> any SingleValueEncodingContainer { Single(encoder: self) }

    private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let encoder: RowEncoder
        var codingPath: [any CodingKey] { [] }

        func encodeNil(forKey key: Key) throws {}
        func encode(_ value: Int64, forKey key: Key) throws {
            try encoder.bind(key, value) { try encoder.statement.bind(value, at: $0) }
        }
        func encode(_ value: Int, forKey key: Key) throws {
            try encoder.bind(key, value) { try encoder.statement.bind(Int64(value), at: $0) }
        }
        func encode(_ value: Bool, forKey key: Key) throws {
            try encoder.bind(key, value) { try encoder.statement.bind(value ? 1 : 0, at: $0) }
        }
        func encode(_ value: Double, forKey key: Key) throws {
            try encoder.bind(key, value) { try encoder.statement.bind(.real(value), at: $0) }
        }
        func encode(_ value: String, forKey key: Key) throws {
            try encoder.bind(key, value) { try encoder.statement.bind(.text(value), at: $0) }
        }
        func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
            try encoder.encode(value, try encoder.place(key, Value.self))
        }

        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) -> KeyedEncodingContainer<Nested> { preconditionFailure("a row has no rows in it") }
        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
            preconditionFailure("a row has no rows in it")
        }
        func superEncoder() -> any Encoder { encoder }
        func superEncoder(forKey key: Key) -> any Encoder { encoder }
    }

    /// One parameter, for types that are one value: enumerations, digests.
    private struct Single: SingleValueEncodingContainer {
        let encoder: RowEncoder
        var codingPath: [any CodingKey] { [] }

        func encodeNil() throws {}
        func encode(_ value: Int64) throws { try encoder.statement.bind(value, at: encoder.single) }
        func encode(_ value: Int) throws { try encoder.statement.bind(Int64(value), at: encoder.single) }
        func encode(_ value: Double) throws { try encoder.statement.bind(.real(value), at: encoder.single) }
        func encode(_ value: String) throws { try encoder.statement.bind(.text(value), at: encoder.single) }
        func encode<Value: Encodable>(_ value: Value) throws { try value.encode(to: encoder) }
    }
}
