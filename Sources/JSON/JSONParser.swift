/// A JSON value with the place it was read from; the input of `JSONTreeDecoder`.
struct JSONNode {
    enum Value {
        case null
        case bool(Bool)
        case number(String)
        case string(String)
        case array([JSONNode])
        case object([Member])
    }

    struct Member {
        var key: String
        var line: Int
        var column: Int
        var node: JSONNode
    }

    var value: Value
    var line: Int
    var column: Int

    /// The value's kind, for messages.
    var kind: String {
        switch value {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// A strict RFC 8259 parser that keeps line and column, and refuses a duplicate key.
///
/// Foundation's parser keeps neither, and an error in a fleet file needs a line number.
struct JSONParser {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var lineStart = 0
    private var depth = 0

    private static let deepest = 128

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    static func parse(_ bytes: [UInt8]) throws -> JSONNode {
        var parser = JSONParser(bytes)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { parser.position = 3 }  // a byte order mark
        let node = try parser.value()
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.error("text after the end of the document") }
        return node
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func error(_ problem: String, suggestion: String? = nil) -> JSONError {
        JSONError(line: line, column: position - lineStart + 1, path: "", problem: problem, suggestion: suggestion)
    }

    private mutating func skipSpace() {
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\n"):
                position += 1
                line += 1
                lineStart = position
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): position += 1
            default: return
            }
        }
    }

    private mutating func value() throws -> JSONNode {
        skipSpace()
        let (startLine, startColumn) = (line, position - lineStart + 1)
        guard let byte = current else { throw error("the document ends where a value is expected") }
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw error("nested deeper than \(Self.deepest) levels") }
        let value: JSONNode.Value
        switch byte {
        case UInt8(ascii: "{"): value = .object(try members())
        case UInt8(ascii: "["): value = .array(try elements())
        case UInt8(ascii: "\""): value = .string(try string())
        case UInt8(ascii: "t"): value = try word("true", .bool(true))
        case UInt8(ascii: "f"): value = try word("false", .bool(false))
        case UInt8(ascii: "n"): value = try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): value = .number(try number())
        default:
            throw error(
                "unexpected \(Self.shown(byte))",
                suggestion: byte == UInt8(ascii: "/") ? "JSON has no comments." : nil)
        }
        return JSONNode(value: value, line: startLine, column: startColumn)
    }

    private static func shown(_ byte: UInt8) -> String {
        byte >= 0x20 && byte < 0x7F ? "“\(Character(UnicodeScalar(byte)))”" : "byte 0x\(String(byte, radix: 16))"
    }

    private mutating func word(_ text: String, _ value: JSONNode.Value) throws -> JSONNode.Value {
        guard bytes[position...].starts(with: text.utf8) else { throw error("expected \(text)") }
        position += text.utf8.count
        return value
    }

    private mutating func members() throws -> [JSONNode.Member] {
        position += 1
        var members: [JSONNode.Member] = []
        var lines: [String: Int] = [:]
        skipSpace()
        if current == UInt8(ascii: "}") {
            position += 1
            return members
        }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else {
                throw error("expected a key in double quotes", suggestion: trailingCommaHint(UInt8(ascii: "}")))
            }
            let (keyLine, keyColumn) = (line, position - lineStart + 1)
            let key = try string()
            if let first = lines.updateValue(keyLine, forKey: key) {
                throw JSONError(
                    line: keyLine, column: keyColumn, path: "",
                    problem: "duplicate key \"\(key)\", first on line \(first)", suggestion: "Keep one of them.")
            }
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw error("expected “:” after key \"\(key)\"") }
            position += 1
            members.append(.init(key: key, line: keyLine, column: keyColumn, node: try value()))
            if try !continues(before: UInt8(ascii: "}")) { return members }
        }
    }

    private mutating func elements() throws -> [JSONNode] {
        position += 1
        var elements: [JSONNode] = []
        skipSpace()
        if current == UInt8(ascii: "]") {
            position += 1
            return elements
        }
        while true {
            skipSpace()
            if let hint = trailingCommaHint(UInt8(ascii: "]")) { throw error("expected a value", suggestion: hint) }
            elements.append(try value())
            if try !continues(before: UInt8(ascii: "]")) { return elements }
        }
    }

    private func trailingCommaHint(_ closing: UInt8) -> String? {
        current == closing ? "Remove the comma before it." : nil
    }

    private mutating func continues(before closing: UInt8) throws -> Bool {
        skipSpace()
        switch current {
        case UInt8(ascii: ","):
            position += 1
            return true
        case closing:
            position += 1
            return false
        case nil: throw error("the document ends inside \(closing == UInt8(ascii: "}") ? "an object" : "an array")")
        default: throw error("expected “,” or “\(Character(UnicodeScalar(closing)))”")
        }
    }

    private mutating func number() throws -> String {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        let whole = digits()
        guard whole > 0 else { throw error("a number needs a digit here") }
        let first = bytes[position - whole]
        if whole > 1, first == UInt8(ascii: "0") { throw error("a number must not begin with 0") }
        if current == UInt8(ascii: ".") {
            position += 1
            guard digits() > 0 else { throw error("a number needs a digit after “.”") }
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            guard digits() > 0 else { throw error("a number needs a digit in its exponent") }
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position - start
    }

    private mutating func string() throws -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                guard let string = String(validating: text, as: UTF8.self) else { throw error("text is not UTF-8") }
                return string
            case UInt8(ascii: "\\"):
                position += 1
                text.append(contentsOf: String(try escape()).utf8)
            case 0..<0x20: throw error("a line break or control character inside a string")
            default:
                text.append(byte)
                position += 1
            }
        }
        throw error("the document ends inside a string")
    }

    private mutating func escape() throws -> Unicode.Scalar {
        guard let byte = current else { throw error("the document ends inside a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "u"):
            let high = try hexadecimal()
            guard (0xD800..<0xDC00).contains(high) else {
                guard let scalar = Unicode.Scalar(high) else { throw error("a lone surrogate in \\u escape") }
                return scalar
            }
            guard bytes[position...].starts(with: "\\u".utf8) else { throw error("a lone surrogate in \\u escape") }
            position += 2
            let low = try hexadecimal()
            guard (0xDC00..<0xE000).contains(low) else { throw error("a lone surrogate in \\u escape") }
            return Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))!
        default: throw error("unknown escape \\\(Character(UnicodeScalar(byte)))")
        }
    }

    private mutating func hexadecimal() throws -> UInt32 {
        let digits = bytes[position...].prefix(4)
        guard digits.count == 4, let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16) else {
            throw error("\\u needs four hexadecimal digits")
        }
        position += 4
        return value
    }
}
