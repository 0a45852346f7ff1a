import Text

/// Errors with a line, a path and a suggestion, and the keys that are errors.
extension JSONTreeDecoder {
    /// The error with its line, column and path.
    func located(_ error: DecodingError, root: JSONNode) -> JSONError {
        switch error {
        case .keyNotFound(let key, let context):
            return Self.error("key \"\(snakeCase(key.stringValue))\" is missing", at: context.codingPath, in: root)
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            let inner = (context.underlyingError as? JSONError)?.problem
            return Self.error(inner ?? context.debugDescription, at: context.codingPath, in: root)
        @unknown default: return JSONError(line: 1, column: 1, path: "", problem: "\(error)")
        }
    }

    static func error(
        _ problem: String, suggestion: String? = nil, at path: [any CodingKey], in root: JSONNode
    ) -> JSONError {
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

    static func text(_ path: [any CodingKey]) -> String {
        path.reduce("") { text, key in
            if let index = key.intValue { return "\(text)[\(index)]" }
            return text.isEmpty ? snakeCase(key.stringValue) : "\(text).\(snakeCase(key.stringValue))"
        }
    }

    /// The key in an object that was probably meant to be the missing one. What was asked for so far does not show which keys are unknown, since
    /// decoding ended at the missing one; the type of the keys does.
    func misspelling(of missing: any CodingKey, at path: [any CodingKey], in root: JSONNode) -> JSONError? {
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

    /// Throws for the first key that nothing asked for.
    func rejectUnknown(_ node: JSONNode, path: [any CodingKey]) throws {
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
                    // "$schema" is what editors complete from; it is not part of the content.
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
}
