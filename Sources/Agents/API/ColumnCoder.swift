/// Codes consecutive records as columns, an array for each property, so that a line does not repeat their names.
///
/// A record's own `Codable` says which columns there are. Numbers only; a property that is nil from some record on makes a shorter column, and
/// none at all if it is nil in all of them.
enum ColumnCoder {
    /// Adds the columns of `records` to what `encoder` writes, without those that `omitted` names; `required` ones may be empty.
    static func encode<Record: Encodable>(
        _ records: [Record], to encoder: any Encoder, omitted: Set<String>, required: Set<String>
    ) throws {
        let columns = ColumnEncoder(omitted: omitted, required: required, capacity: records.count)
        for record in records {
            try record.encode(to: columns)
            columns.rows += 1
        }
        var container = encoder.container(keyedBy: ColumnKey.self)
        for column in columns.columns where !column.isOmitted {
            guard column.reals.isEmpty else {
                try container.encode(column.reals, forKey: ColumnKey(column.name))
                continue
            }
            try container.encode(column.integers, forKey: ColumnKey(column.name))
        }
        for name in required where !columns.columns.contains(where: { $0.name == name }) {
            try container.encode([Int64](), forKey: ColumnKey(name))
        }
    }

    /// The records whose columns `decoder` has; `leading` is the property that all records have, whose column counts them, and `omitted`
    /// gives the properties that are in no column.
    static func decode<Record: Decodable>(
        _ type: Record.Type, from decoder: any Decoder, leading: String, omitted: [String: ColumnDecoder.Omitted]
    ) throws -> [Record] {
        let container = try decoder.container(keyedBy: ColumnKey.self)
        let count = try container.decode([Int64].self, forKey: ColumnKey(leading)).count
        let columns = ColumnDecoder(container, omitted: omitted)
        var records: [Record] = []
        records.reserveCapacity(count)
        for row in 0..<count {
            columns.row = row
            records.append(try Record(from: columns))
        }
        return records
    }
}

/// Name of a column, as the property is spelled.
struct ColumnKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}

/// The place of a key's column: an enumeration without payload is its own small number, whatever it is called.
@inline(__always)
private func ordinal<Key>(_ key: Key) -> Int? {
    switch MemoryLayout<Key>.size {
    case 0: 0
    case 1: Int(withUnsafeBytes(of: key) { $0[0] })
    default: nil
    }
}

/// Collects the numbers of records by property.
final class ColumnEncoder: Encoder {
    struct Column {
        var name: String
        var isOmitted: Bool
        var integers: [Int64] = []
        var reals: [Double] = []
    }

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }
    fileprivate var columns: [Column] = []
    /// Records that are whole.
    fileprivate var rows = 0
    private var places = [Int](repeating: -1, count: 256)
    private let omitted: Set<String>
    private let capacity: Int

    fileprivate init(omitted: Set<String>, required: Set<String>, capacity: Int) {
        self.omitted = omitted
        self.capacity = capacity
    }

    fileprivate func place<Key: CodingKey>(_ key: Key) -> Int {
        let number = ordinal(key)
        if let number, places[number] >= 0 { return places[number] }
        let name = key.stringValue
        if number == nil, let known = columns.firstIndex(where: { $0.name == name }) { return known }
        var column = Column(name: name, isOmitted: omitted.contains(name))
        if !column.isOmitted { column.integers.reserveCapacity(capacity) }
        columns.append(column)
        if let number { places[number] = columns.count - 1 }
        return columns.count - 1
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(Keyed<Key>(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { preconditionFailure("a record is no array") }
    func singleValueContainer() -> any SingleValueEncodingContainer { preconditionFailure("a record is no number") }

    private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let encoder: ColumnEncoder
        var codingPath: [any CodingKey] { [] }

        private func add(_ value: Int64, _ key: Key) throws {
            let place = encoder.place(key)
            if encoder.columns[place].isOmitted { return }
            guard encoder.columns[place].integers.count == encoder.rows else { throw gap(value, key) }
            encoder.columns[place].integers.append(value)
        }

        /// Records before this one have none: a column cannot say that.
        private func gap(_ value: Any, _ key: Key) -> EncodingError {
            .invalidValue(value, .init(codingPath: [key], debugDescription: "an earlier record has no such number"))
        }

        func encode(_ value: Int64, forKey key: Key) throws { try add(value, key) }
        func encode(_ value: Int, forKey key: Key) throws { try add(Int64(value), key) }

        func encode(_ value: Double, forKey key: Key) throws {
            let place = encoder.place(key)
            if encoder.columns[place].isOmitted { return }
            guard encoder.columns[place].reals.count == encoder.rows else { throw gap(value, key) }
            encoder.columns[place].reals.append(value)
        }

        func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
            guard encoder.columns[encoder.place(key)].isOmitted else {
                throw EncodingError.invalidValue(
                    value, .init(codingPath: [key], debugDescription: "a column is of numbers"))
            }
        }

        func encodeNil(forKey key: Key) throws {}

        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) -> KeyedEncodingContainer<Nested> { preconditionFailure("a column is of numbers") }
        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
            preconditionFailure("a column is of numbers")
        }
        func superEncoder() -> any Encoder { encoder }
        func superEncoder(forKey key: Key) -> any Encoder { encoder }
    }
}

/// Gives records their numbers out of columns.
final class ColumnDecoder: Decoder {
    /// A property that is in no column.
    enum Omitted {
        /// The same for all records.
        case constant(any Sendable)
        /// The first record's number; the others count on.
        case counter(Int)
    }

    private enum Source {
        case unread
        case integers([Int64])
        case reals([Double])
        case omitted(Omitted)
    }

    private struct Column {
        var name: String
        var source: Source
    }

    var codingPath: [any CodingKey] { container.codingPath }
    var userInfo: [CodingUserInfoKey: Any] { [:] }
    fileprivate var row = 0
    private let container: KeyedDecodingContainer<ColumnKey>
    private let omitted: [String: Omitted]
    private var columns: [Column] = []
    private var places = [Int](repeating: -1, count: 256)

    fileprivate init(_ container: KeyedDecodingContainer<ColumnKey>, omitted: [String: Omitted]) {
        self.container = container
        self.omitted = omitted
    }

    private func place<Key: CodingKey>(_ key: Key) -> Int {
        let number = ordinal(key)
        if let number, places[number] >= 0 { return places[number] }
        let name = key.stringValue
        if number == nil, let known = columns.firstIndex(where: { $0.name == name }) { return known }
        columns.append(Column(name: name, source: omitted[name].map(Source.omitted) ?? .unread))
        if let number { places[number] = columns.count - 1 }
        return columns.count - 1
    }

    /// The number of the current record; nil if the column is missing or ends before.
    fileprivate func integer<Key: CodingKey>(_ key: Key) throws -> Int64? {
        let place = place(key)
        if case .unread = columns[place].source {
            let read = try container.decodeIfPresent([Int64].self, forKey: ColumnKey(columns[place].name))
            columns[place].source = .integers(read ?? [])
        }
        return switch columns[place].source {
        case .integers(let values): row < values.count ? values[row] : nil
        case .omitted(.counter(let first)): Int64(first + row)
        default: nil
        }
    }

    fileprivate func real<Key: CodingKey>(_ key: Key) throws -> Double? {
        let place = place(key)
        if case .unread = columns[place].source {
            let read = try container.decodeIfPresent([Double].self, forKey: ColumnKey(columns[place].name))
            columns[place].source = .reals(read ?? [])
        }
        guard case .reals(let values) = columns[place].source, row < values.count else { return nil }
        return values[row]
    }

    fileprivate func constant<Key: CodingKey, Value>(_ key: Key, _ type: Value.Type) -> Value? {
        guard case .omitted(.constant(let value)) = columns[place(key)].source else { return nil }
        return value as? Value
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Keyed<Key>(decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw mismatch("a record is no array") }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw mismatch("a record is no number") }

    private func mismatch(_ text: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: codingPath, debugDescription: text))
    }

    private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let decoder: ColumnDecoder
        var codingPath: [any CodingKey] { decoder.codingPath }
        var allKeys: [Key] { [] }

        private func required<Value>(_ value: Value?, _ key: Key) throws -> Value {
            guard let value else {
                throw DecodingError.keyNotFound(
                    key,
                    .init(codingPath: codingPath, debugDescription: "record \(decoder.row) has no \(key.stringValue)"))
            }
            return value
        }

        func contains(_ key: Key) -> Bool { true }
        func decodeNil(forKey key: Key) throws -> Bool { try decoder.integer(key) == nil }
        func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try required(decoder.integer(key), key) }
        func decode(_ type: Int.Type, forKey key: Key) throws -> Int { Int(try required(decoder.integer(key), key)) }
        func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try required(decoder.real(key), key) }
        func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? { try decoder.integer(key) }
        func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
            try decoder.integer(key).map { Int($0) }
        }
        func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? { try decoder.real(key) }

        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
            try required(decoder.constant(key, type), key)
        }

        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) throws -> KeyedDecodingContainer<Nested> { throw decoder.mismatch("a column is of numbers") }
        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            throw decoder.mismatch("a column is of numbers")
        }
        func superDecoder() throws -> any Decoder { decoder }
        func superDecoder(forKey key: Key) throws -> any Decoder { decoder }
    }
}
