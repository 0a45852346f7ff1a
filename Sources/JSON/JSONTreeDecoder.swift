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
}

/// A key or an index on the way to a value.
struct PathKey: CodingKey {
    var stringValue: String
    var intValue: Int?

    init(index: Int) { (stringValue, intValue) = ("\(index)", index) }

    init(name: String) { stringValue = name }
    init(stringValue: String) { self.init(name: stringValue) }
    init(intValue: Int) { self.init(index: intValue) }
}
