/// A row as the bytes that are sealed: docs/schema.md#seal has the format.
///
/// Each column that is not NULL, in the order of their names: 1, its name in UTF-8, 0, its type as SQLite's letter, its value. Numbers are 8
/// bytes, little-endian (a real's by IEEE 754), text and blobs their length as such a number and their bytes. A row ends with 2.
enum CanonicalRow {
    static let format = 1

    private enum Mark {
        static let column: UInt8 = 1
        static let nameEnd: UInt8 = 0
        static let rowEnd: UInt8 = 2
        static let tableEnd: UInt8 = 3
    }

    /// The bytes of a row whose values are those of `columns`, which are sorted.
    static func bytes(_ columns: [[UInt8]], _ values: [SQLValue]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (column, value) in zip(columns, values) where value != .null {
            bytes.append(Mark.column)
            bytes += column
            bytes.append(Mark.nameEnd)
            append(value, to: &bytes)
        }
        bytes.append(Mark.rowEnd)
        return bytes
    }

    /// What stands before a table's rows, and after them.
    static func opening(_ table: String) -> [UInt8] { Array(table.utf8) + [Mark.nameEnd] }
    static let closing = [Mark.tableEnd]

    private static func append(_ value: SQLValue, to bytes: inout [UInt8]) {
        func letter(_ scalar: Unicode.Scalar) { bytes.append(UInt8(ascii: scalar)) }
        switch value {
        case .null: break
        case .integer(let number):
            letter("i")
            append(UInt64(bitPattern: number), to: &bytes)
        case .real(let number):
            letter("r")
            append(number.bitPattern, to: &bytes)
        case .text(let text):
            letter("t")
            append(UInt64(text.utf8.count), to: &bytes)
            bytes += text.utf8
        case .blob(let blob):
            letter("b")
            append(UInt64(blob.count), to: &bytes)
            bytes += blob
        }
    }

    static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift))) }
    }
}
