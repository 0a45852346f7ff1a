/// A JSON document, and what it lacks of a JSON Schema: the few keywords that our schemas use.
indirect enum JSONValue: Decodable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    subscript(key: String) -> JSONValue? { if case .object(let members) = self { members[key] } else { nil } }

    private var items: [JSONValue] { if case .array(let items) = self { items } else { [] } }

    private var kind: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .number(let value): value == value.rounded() ? "integer" : "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// What is wrong with `value` by this schema, `root` being the whole of it.
    func problems(of value: JSONValue, root: JSONValue, at place: String = "") -> [String] {
        if case .string(let reference)? = self["$ref"], let name = reference.split(separator: "/").last,
            let target = root["$defs"]?[String(name)]
        {
            return target.problems(of: value, root: root, at: place)
        }
        var problems: [String] = []
        if case .string(let type)? = self["type"], type != value.kind, !(type == "number" && value.kind == "integer") {
            problems.append("\(place): \(value.kind) instead of \(type)")
        }
        if let constant = self["const"], constant != value { problems.append("\(place): not the constant") }
        if let choices = self["enum"], !choices.items.contains(value) { problems.append("\(place): not one of them") }
        for key in self["required"]?.items ?? [] {
            if case .string(let key) = key, value[key] == nil { problems.append("\(place)/\(key) is missing") }
        }
        if case .object(let members) = value {
            for (key, member) in members {
                guard let known = self["properties"]?[key] else {
                    problems.append("\(place)/\(key) is not in the schema")
                    continue
                }
                problems += known.problems(of: member, root: root, at: "\(place)/\(key)")
            }
        }
        if case .array(let members) = value, let schema = self["items"] {
            for (index, member) in members.enumerated() {
                problems += schema.problems(of: member, root: root, at: "\(place)/\(index)")
            }
        }
        return problems
    }
}
