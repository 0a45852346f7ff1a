/// What the parser, the help and the completions know of an option or a positional argument.
struct Declaration: Sendable {
    enum Arity: Sendable {
        /// Present or not.
        case flag
        /// One value.
        case one
        /// `--resume` or `--resume ID`.
        case optional
        /// One or more values, up to the next option; may be repeated.
        case many
    }

    var name: String
    var short: Character?
    var arity: Arity
    var placeholder: String
    var help: String
    var defaultText: String?
    var environment: String?
    var isRequired: Bool
    var completion: Completion
    /// From all values given, in order; nil if the option is absent.
    var convert: @Sendable ([String]?) throws(UsageError) -> any Sendable
}

/// An option of a command, declared as a value; `arguments[option]` is what was given, already checked.
public struct Option<Value: Sendable>: Sendable {
    let declaration: Declaration
}

/// An argument without a name, declared as a value.
public struct Positional<Value: Sendable>: Sendable {
    let declaration: Declaration
}

/// Something a command declares: an option or a positional argument.
public protocol Parameter: Sendable {
    /// For `CommandParser` alone.
    var parameter: DeclaredParameter { get }
}

/// The parser's view of a parameter.
public struct DeclaredParameter: Sendable {
    let declaration: Declaration
    let isPositional: Bool
}

extension Option: Parameter {
    /// The declaration, for the parser and the help.
    public var parameter: DeclaredParameter { .init(declaration: declaration, isPositional: false) }
}

extension Positional: Parameter {
    /// The declaration, for the parser and the help.
    public var parameter: DeclaredParameter { .init(declaration: declaration, isPositional: true) }
}

/// What was given for an option whose value may be left out.
public enum OptionalValue: Hashable, Sendable {
    case absent
    case present(String?)
}

extension Option where Value == Bool {
    /// `--name`: present or not.
    public static func flag(_ name: String, short: Character? = nil, _ help: String) -> Self {
        Self(
            declaration: .init(
                name: name, short: short, arity: .flag, placeholder: "", help: help, isRequired: false,
                completion: .none, convert: { values throws(UsageError) in values != nil }))
    }
}

extension Option {
    /// `--name VALUE` with a default, which the help shows as `shown` or else as it is written.
    public static func one(
        _ name: String, short: Character? = nil, _ kind: ValueKind<Value>, default value: Value, shown: String? = nil,
        environment: String? = nil, _ help: String
    ) -> Self {
        Self(
            declaration: .init(
                name: name, short: short, arity: .one, placeholder: kind.placeholder, help: help,
                defaultText: shown ?? "\(value)", environment: environment, isRequired: false,
                completion: kind.completion,
                convert: { values throws(UsageError) in
                    guard let text = values?.last else { return value }
                    return try kind.parse(text)
                }))
    }

    /// `--name VALUE`, nil if absent.
    public static func optional<Wrapped>(
        _ name: String, short: Character? = nil, _ kind: ValueKind<Wrapped>, environment: String? = nil, _ help: String
    ) -> Self where Value == Wrapped? {
        Self(
            declaration: .init(
                name: name, short: short, arity: .one, placeholder: kind.placeholder, help: help,
                environment: environment, isRequired: false, completion: kind.completion,
                convert: { values throws(UsageError) in try convertLast(values, kind) }))
    }

    /// `--name VALUE`, which must be given.
    public static func required(
        _ name: String, short: Character? = nil, _ kind: ValueKind<Value>, environment: String? = nil, _ help: String
    ) -> Self {
        Self(
            declaration: .init(
                name: name, short: short, arity: .one, placeholder: kind.placeholder, help: help,
                environment: environment, isRequired: true, completion: kind.completion,
                convert: { values throws(UsageError) in
                    guard let text = values?.last else { throw UsageError("--\(name) is missing") }
                    return try kind.parse(text)
                }))
    }

    /// `--name VALUE …`: several values up to the next option, and the option may be repeated.
    public static func list<Element>(
        _ name: String, _ kind: ValueKind<Element>, isRequired: Bool = false, _ help: String
    ) -> Self where Value == [Element] {
        Self(
            declaration: .init(
                name: name, arity: .many, placeholder: kind.placeholder, help: help, isRequired: isRequired,
                completion: kind.completion, convert: { values throws(UsageError) in try convert(values ?? [], kind) }))
    }
}

extension Option where Value == OptionalValue {
    /// `--name [VALUE]`: the value may be left out.
    public static func optionalValue(_ name: String, _ kind: ValueKind<String>, _ help: String) -> Self {
        Self(
            declaration: .init(
                name: name, arity: .optional, placeholder: kind.placeholder, help: help, isRequired: false,
                completion: kind.completion,
                convert: { values throws(UsageError) in
                    guard let values else { return OptionalValue.absent }
                    guard let text = values.last else { return OptionalValue.present(nil) }
                    return OptionalValue.present(try kind.parse(text))
                }))
    }
}

extension Positional {
    /// An argument that must be given.
    public static func required(_ name: String, _ kind: ValueKind<Value>, _ help: String) -> Self {
        Self(
            declaration: .init(
                name: name, arity: .one, placeholder: kind.placeholder, help: help, isRequired: true,
                completion: kind.completion,
                convert: { values throws(UsageError) in
                    guard let text = values?.last else { throw UsageError("\(kind.placeholder) is missing") }
                    return try kind.parse(text)
                }))
    }

    /// An argument that may be left out.
    public static func optional<Wrapped>(_ name: String, _ kind: ValueKind<Wrapped>, _ help: String) -> Self
    where Value == Wrapped? {
        Self(
            declaration: .init(
                name: name, arity: .one, placeholder: kind.placeholder, help: help, isRequired: false,
                completion: kind.completion,
                convert: { values throws(UsageError) in try convertLast(values, kind) }))
    }

    /// All further arguments.
    public static func list<Element>(
        _ name: String, _ kind: ValueKind<Element>, isRequired: Bool = false, _ help: String
    ) -> Self where Value == [Element] {
        Self(
            declaration: .init(
                name: name, arity: .many, placeholder: kind.placeholder, help: help, isRequired: isRequired,
                completion: kind.completion, convert: { values throws(UsageError) in try convert(values ?? [], kind) }))
    }
}

private func convert<Element>(_ values: [String], _ kind: ValueKind<Element>) throws(UsageError) -> [Element] {
    var elements: [Element] = []
    for value in values { elements.append(try kind.parse(value)) }
    return elements
}

private func convertLast<Wrapped>(_ values: [String]?, _ kind: ValueKind<Wrapped>) throws(UsageError) -> Wrapped? {
    guard let text = values?.last else { return nil }
    return try kind.parse(text)
}
