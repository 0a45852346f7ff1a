/// A record whose properties are columns of a table or a view: each in the column of its own name in snake_case.
///
/// An enumeration is stored as its raw value, a list of texts joined by “, ”, bytes as a blob, any other value as JSON in `<name>_json`.
protocol StoredRecord: Codable {
    /// Where properties are stored that are not in the column of their own name.
    static var columns: [String: ColumnRule] { get }
    /// Whether properties without a column are passed over: what another column has whole, as JSON.
    static var mayLackColumns: Bool { get }
}

extension StoredRecord {
    static var columns: [String: ColumnRule] { [:] }
    static var mayLackColumns: Bool { false }
}

/// Where a property is stored.
enum ColumnRule: Sendable {
    /// In a column of another name: what has to be called as an earlier release did.
    case named(String)
    /// In several columns, a property of the value in each, their names behind `prefix`; the value is nil where the column `present` is NULL.
    case group(prefix: String = "", present: String? = nil)
    /// In another table: read by itself, and empty or nil until then.
    case elsewhere
}

enum ColumnName {
    /// `manifestSHA256` → `manifest_sha256`, `p90Ns` → `p90_ns`: a word begins at a capital behind a small letter or a digit.
    static func of(_ property: String) -> String {
        var name = ""
        var isInCapitals = false
        for scalar in property.unicodeScalars {
            let isCapital = scalar.properties.isUppercase
            if isCapital, !isInCapitals, !name.isEmpty { name.append("_") }
            // A digit within a word of capitals, as in SHA256, belongs to it.
            isInCapitals = isCapital || (isInCapitals && ("0"..."9").contains(scalar))
            name.append(contentsOf: scalar.properties.lowercaseMapping)
        }
        return name
    }
}

/// Values that mean “none yet” for a property that is stored elsewhere.
protocol EmptyValue { static var empty: Self { get } }
extension Array: EmptyValue { static var empty: [Element] { [] } }
extension Dictionary: EmptyValue { static var empty: [Key: Value] { [:] } }

/// What a key of a record leads to, found once for each statement: by the key's number, which an enumeration without payload has.
struct ColumnPlaces<Place> {
    private var byNumber = [Place?](repeating: nil, count: 256)
    private var byName: [String: Place] = [:]

    mutating func place<Key: CodingKey, Failure: Error>(
        _ key: Key, find: (String) throws(Failure) -> Place
    ) throws(Failure) -> Place {
        guard MemoryLayout<Key>.size <= 1 else {
            if let known = byName[key.stringValue] { return known }
            let found = try find(key.stringValue)
            byName[key.stringValue] = found
            return found
        }
        let number = MemoryLayout<Key>.size == 0 ? 0 : Int(withUnsafeBytes(of: key) { $0[0] })
        if let known = byNumber[number] { return known }
        let found = try find(key.stringValue)
        byNumber[number] = found
        return found
    }
}
