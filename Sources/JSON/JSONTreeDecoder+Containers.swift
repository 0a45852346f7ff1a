extension JSONTreeDecoder {
    struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let decoder: JSONTreeDecoder
        let members: [JSONNode.Member]
        var codingPath: [any CodingKey] { decoder.codingPath }

        init(decoder: JSONTreeDecoder, members: [JSONNode.Member]) {
            (self.decoder, self.members) = (decoder, members)
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

    struct Unkeyed: UnkeyedDecodingContainer {
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

    struct Single: SingleValueDecodingContainer {
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
