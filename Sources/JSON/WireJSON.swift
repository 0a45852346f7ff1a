import FoundationEssentials

/// The one way this project reads and writes JSON: snake_case keys, sorted, strict on request.
public enum WireJSON {
    /// What a reader does with a key its type does not know.
    public enum UnknownKeys: Sendable {
        /// Pass over it: what a peer of a newer version added.
        case ignore
        /// An error that names line, key and the nearest known one: what a person mistyped.
        case reject
    }

    /// Encodes `value` on one line, keys in snake_case and sorted, so equal values are equal bytes.
    public static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try [UInt8](encoder.encode(value))
    }

    /// Decodes one JSON document; errors are `JSONError` with line and column.
    public static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: some Sequence<UInt8>, unknownKeys: UnknownKeys = .ignore
    ) throws -> Value {
        let root = try JSONParser.parse(Array(bytes))
        return try JSONTreeDecoder.decode(type, from: root, unknownKeys: unknownKeys)
    }

    /// An error at a place of a document that was decoded: what only a look at the whole can find.
    ///
    /// `path` has keys as text and indices as numbers: `["targets", 3, "name"]`.
    public static func error(
        _ problem: String, suggestion: String? = nil, at path: [PathStep], in bytes: some Sequence<UInt8>
    ) -> JSONError {
        guard let root = try? JSONParser.parse(Array(bytes)) else {
            return JSONError(line: 1, column: 1, path: "", problem: problem, suggestion: suggestion)
        }
        return JSONTreeDecoder.error(problem, suggestion: suggestion, at: path.map(\.key), in: root)
    }

    /// A key or an index.
    public struct PathStep: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, Sendable {
        let key: PathKey
        /// A key.
        public init(stringLiteral name: String) { key = PathKey(name: name) }
        /// The index of an element.
        public init(integerLiteral index: Int) { key = PathKey(index: index) }
        /// The index of an element.
        public init(_ index: Int) { key = PathKey(index: index) }
    }
}

/// What is wrong with a JSON document, where, and what was probably meant.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Line, from 1.
    public var line: Int
    /// Column in bytes, from 1.
    public var column: Int
    /// Where in the document, such as `targets[2].agent`; empty at the root.
    public var path: String
    /// What is wrong.
    public var problem: String
    /// What to write instead, if it can be guessed.
    public var suggestion: String?

    /// `line 12: targets[2].agnet: unknown key "agnet". Did you mean "agent"?`
    public var description: String {
        let place = path.isEmpty ? "" : "\(path): "
        let hint = suggestion.map { " \($0)" } ?? ""
        return "line \(line): \(place)\(problem).\(hint)"
    }
}
