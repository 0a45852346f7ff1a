import Text

/// Decodes `Decodable` types from a parsed tree, naming line, path and a suggestion in every error.
///
/// A key is looked up as it is spelled in Swift and in snake_case; keys no type asked for are
/// found afterwards, which is how unknown keys are known without a second description of the types.
struct JSONTreeDecoder: Decoder {
    let node: JSONNode
    let codingPath: [any CodingKey]
    let record: Record
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// Which keys were asked for at which place; shared by the decoders of one document.
    final class Record {
        var asked: [String: Set<String>] = [:]
        var open: Set<String> = []
    }

    static func decode<Value: Decodable>(
        _ type: Value.Type, from root: JSONNode, unknownKeys: WireJSON.UnknownKeys
    ) throws -> Value {
        let record = Record()
        let decoder = JSONTreeDecoder(node: root, codingPath: [], record: record)
        do {
            let value = try Value(from: decoder)
            if unknownKeys == .reject { try decoder.rejectUnknown(root, path: []) }
            return value
        } catch let error as DecodingError {
            // A mistyped key usually shows up as a missing one.
            if unknownKeys == .reject, case .keyNotFound(let key, let context) = error,
                let typo = decoder.misspelling(of: key, at: context.codingPath, in: root)
            {
                throw typo
            }
            throw decoder.located(error, root: root)
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = node.value else { throw mismatch("an object") }
        return KeyedDecodingContainer(Keyed<Key>(decoder: self, members: members))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = node.value else { throw mismatch("an array") }
        return Unkeyed(decoder: self, elements: elements)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { Single(decoder: self) }

    func child(_ node: JSONNode, _ key: any CodingKey) -> JSONTreeDecoder {
        JSONTreeDecoder(node: node, codingPath: codingPath + [key], record: record)
    }

    func mismatch(_ expected: String) -> DecodingError {
        .typeMismatch(
            JSONNode.self,
            .init(codingPath: codingPath, debugDescription: "expected \(expected), found \(node.kind)"))
    }

    // MARK: Errors with a place

    private func located(_ error: DecodingError, root: JSONNode) -> JSONError {
        let context: DecodingError.Context
        var problem: String
        var path: [any CodingKey]
        switch error {
        case .keyNotFound(let key, let found):
            context = found
            path = found.codingPath
            problem = "key \"\(snakeCase(key.stringValue))\" is missing"
        case .typeMismatch(_, let found), .valueNotFound(_, let found), .dataCorrupted(let found):
            context = found
            path = found.codingPath
            problem = found.debugDescription
        @unknown default:
            return JSONError(line: 1, column: 1, path: "", problem: "\(error)", suggestion: nil)
        }
        if let inner = context.underlyingError as? JSONError { problem = inner.problem }
        return Self.error(problem, suggestion: nil, at: path, in: root)
    }

    static func error(_ problem: String, suggestion: String?, at path: [any CodingKey], in root: JSONNode) -> JSONError
    {
        let place = find(path, in: root)
        return JSONError(
            line: place.line, column: place.column, path: text(path), problem: problem, suggestion: suggestion)
    }

    private static func find(_ path: [any CodingKey], in root: JSONNode) -> JSONNode {
        var node = root
        for key in path {
            switch node.value {
            case .array(let elements):
                guard let index = key.intValue, elements.indices.contains(index) else { return node }
                node = elements[index]
            case .object(let members):
                guard let member = members.first(where: { matches($0.key, key.stringValue) }) else { return node }
                node = member.node
            default: return node
            }
        }
        return node
    }

    private static func text(_ path: [any CodingKey]) -> String {
        path.reduce("") { text, key in
            if let index = key.intValue { return "\(text)[\(index)]" }
            return text.isEmpty ? snakeCase(key.stringValue) : "\(text).\(snakeCase(key.stringValue))"
        }
    }

    /// What stands in an object for a key that is missing there. What was asked for so far does not tell which keys are unknown, since
    /// decoding ended at the missing one; the type of the keys does.
    private func misspelling(of missing: any CodingKey, at path: [any CodingKey], in root: JSONNode) -> JSONError? {
        guard case .object(let members) = Self.find(path, in: root).value else { return nil }
        let keys: any CodingKey.Type = type(of: missing)
        let unknown = members.filter { member in
            keys.init(stringValue: member.key) == nil && keys.init(stringValue: camelCase(member.key)) == nil
        }
        let name = snakeCase(missing.stringValue)
        guard let near = Spelling.nearest(to: name, among: unknown.map(\.key)),
            let member = unknown.first(where: { $0.key == near })
        else { return nil }
        return JSONError(
            line: member.line, column: member.column, path: Self.text(path), problem: "unknown key \"\(near)\"",
            suggestion: "Did you mean \"\(name)\"?")
    }

    private func rejectUnknown(_ node: JSONNode, path: [any CodingKey]) throws {
        let place = Self.text(path)
        switch node.value {
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                try rejectUnknown(element, path: path + [PathKey(index: index)])
            }
        case .object(let members):
            if record.open.contains(place) { return }
            guard let asked = record.asked[place] else { return }
            for member in members {
                guard asked.contains(where: { Self.matches(member.key, $0) }) else {
                    // "$schema" is what editors complete from; it says nothing about the content.
                    if member.key == "$schema", path.isEmpty { continue }
                    let known = asked.map(snakeCase)
                    let near = Spelling.nearest(to: member.key, among: known)
                    throw JSONError(
                        line: member.line, column: member.column, path: place,
                        problem: "unknown key \"\(member.key)\"",
                        suggestion: near.map { "Did you mean \"\($0)\"?" }
                            ?? "Known are \(known.sorted().joined(separator: ", ")).")
                }
                try rejectUnknown(member.node, path: path + [PathKey(name: member.key)])
            }
        default: return
        }
    }

    static func matches(_ written: String, _ key: String) -> Bool { written == key || written == snakeCase(key) }

    // MARK: Containers

    private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let decoder: JSONTreeDecoder
        let members: [JSONNode.Member]
        var codingPath: [any CodingKey] { decoder.codingPath }

        init(decoder: JSONTreeDecoder, members: [JSONNode.Member]) {
            self.decoder = decoder
            self.members = members
            let place = JSONTreeDecoder.text(decoder.codingPath)
            if decoder.record.asked[place] == nil { decoder.record.asked[place] = [] }
        }

        /// Asking for all keys means that any key is welcome: a dictionary.
        var allKeys: [Key] {
            decoder.record.open.insert(JSONTreeDecoder.text(codingPath))
            return members.compactMap { Key(stringValue: $0.key) }
        }

        private func find(_ key: Key) -> JSONNode? {
            let place = JSONTreeDecoder.text(codingPath)
            decoder.record.asked[place, default: []].insert(key.stringValue)
            return
                (members.first { $0.key == key.stringValue }
                ?? members.first { JSONTreeDecoder.matches($0.key, key.stringValue) })?.node
        }

        private func required(_ key: Key) throws -> JSONTreeDecoder {
            guard let node = find(key) else {
                throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "missing"))
            }
            return decoder.child(node, key)
        }

        func contains(_ key: Key) -> Bool { find(key) != nil }

        func decodeNil(forKey key: Key) throws -> Bool {
            if case .null = try required(key).node.value { true } else { false }
        }

        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
            try Value(from: required(key))
        }

        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) throws -> KeyedDecodingContainer<Nested> {
            try required(key).container(keyedBy: type)
        }

        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            try required(key).unkeyedContainer()
        }

        func superDecoder() throws -> any Decoder { decoder }
        func superDecoder(forKey key: Key) throws -> any Decoder { try required(key) }
    }

    private struct Unkeyed: UnkeyedDecodingContainer {
        let decoder: JSONTreeDecoder
        let elements: [JSONNode]
        var currentIndex = 0
        var codingPath: [any CodingKey] { decoder.codingPath }
        var count: Int? { elements.count }
        var isAtEnd: Bool { currentIndex == elements.count }

        private mutating func next() throws -> JSONTreeDecoder {
            guard !isAtEnd else {
                throw DecodingError.valueNotFound(
                    JSONNode.self,
                    .init(codingPath: codingPath, debugDescription: "expected more than \(elements.count) elements"))
            }
            defer { currentIndex += 1 }
            return decoder.child(elements[currentIndex], PathKey(index: currentIndex))
        }

        mutating func decodeNil() throws -> Bool {
            guard !isAtEnd, case .null = elements[currentIndex].value else { return false }
            currentIndex += 1
            return true
        }

        mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: next()) }

        mutating func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type
        ) throws -> KeyedDecodingContainer<Nested> {
            try next().container(keyedBy: type)
        }

        mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
        mutating func superDecoder() throws -> any Decoder { try next() }
    }

    private struct Single: SingleValueDecodingContainer {
        let decoder: JSONTreeDecoder
        var codingPath: [any CodingKey] { decoder.codingPath }

        func decodeNil() -> Bool {
            if case .null = decoder.node.value { true } else { false }
        }

        func decode(_ type: Bool.Type) throws -> Bool {
            guard case .bool(let value) = decoder.node.value else { throw decoder.mismatch("true or false") }
            return value
        }

        func decode(_ type: String.Type) throws -> String {
            guard case .string(let value) = decoder.node.value else { throw decoder.mismatch("a string") }
            return value
        }

        private func number<Value: LosslessStringConvertible>(_ expected: String) throws -> Value {
            guard case .number(let text) = decoder.node.value else { throw decoder.mismatch(expected) }
            guard let value = Value(text) else {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: codingPath, debugDescription: "\(text) is not \(expected) in range"))
            }
            return value
        }

        func decode(_ type: Double.Type) throws -> Double { try number("a number") }
        func decode(_ type: Float.Type) throws -> Float { try number("a number") }
        func decode(_ type: Int.Type) throws -> Int { try number("a whole number") }
        func decode(_ type: Int8.Type) throws -> Int8 { try number("a whole number") }
        func decode(_ type: Int16.Type) throws -> Int16 { try number("a whole number") }
        func decode(_ type: Int32.Type) throws -> Int32 { try number("a whole number") }
        func decode(_ type: Int64.Type) throws -> Int64 { try number("a whole number") }
        func decode(_ type: UInt.Type) throws -> UInt { try number("a whole number, not negative") }
        func decode(_ type: UInt8.Type) throws -> UInt8 { try number("a whole number, not negative") }
        func decode(_ type: UInt16.Type) throws -> UInt16 { try number("a whole number, not negative") }
        func decode(_ type: UInt32.Type) throws -> UInt32 { try number("a whole number, not negative") }
        func decode(_ type: UInt64.Type) throws -> UInt64 { try number("a whole number, not negative") }
        func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: decoder) }
    }
}

/// A key or an index on the way to a value.
struct PathKey: CodingKey {
    var stringValue: String
    var intValue: Int?

    init(index: Int) {
        stringValue = "\(index)"
        intValue = index
    }

    init(name: String) { stringValue = name }
    init(stringValue: String) { self.init(name: stringValue) }
    init(intValue: Int) { self.init(index: intValue) }
}
