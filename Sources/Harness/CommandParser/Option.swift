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
    var placeholder = ""
    var help: String
    var defaultText: String?
    var environment: String?
    var isRequired = false
    var completion = Completion.none
    /// From all values given, in order; nil if the option is absent.
    var convert: @Sendable ([String]?) throws(UsageError) -> any Sendable
}

extension Declaration {
    /// A parameter whose values are written as `kind` says.
    init<Value>(
        _ name: String, short: Character? = nil, _ arity: Arity, _ kind: ValueKind<Value>, environment: String? = nil,
        isRequired: Bool = false, _ help: String,
        convert: @escaping @Sendable ([String]?) throws(UsageError) -> any Sendable
    ) {
        self.init(
            name: name, short: short, arity: arity, placeholder: kind.placeholder, help: help,
            environment: environment, isRequired: isRequired, completion: kind.completion, convert: convert)
    }

    /// One value, nil if absent.
    static func optional<Wrapped>(
        _ name: String, short: Character? = nil, _ kind: ValueKind<Wrapped>, environment: String? = nil, _ help: String
    ) -> Self {
        Self(name, short: short, .one, kind, environment: environment, help) { values throws(UsageError) in
            guard let text = values?.last else { return Wrapped?.none }
            return Wrapped?.some(try kind.parse(text))
        }
    }

    /// One value, which the parser asks for.
    static func required<Value>(
        _ name: String, short: Character? = nil, _ kind: ValueKind<Value>, environment: String? = nil, _ help: String
    ) -> Self {
        Self(name, short: short, .one, kind, environment: environment, isRequired: true, help) {
            values throws(UsageError) in
            guard let text = values?.last else { throw UsageError("\(kind.placeholder) is missing") }
            return try kind.parse(text)
        }
    }

    /// Any number of values.
    static func list<Element>(_ name: String, _ kind: ValueKind<Element>, isRequired: Bool, _ help: String) -> Self {
        Self(name, .many, kind, isRequired: isRequired, help) { values throws(UsageError) in
            var elements: [Element] = []
            for value in values ?? [] { elements.append(try kind.parse(value)) }
            return elements
        }
    }
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
                name: name, short: short, arity: .flag, help: help,
                convert: { values throws(UsageError) in values != nil }))
    }
}

extension Option {
    /// `--name VALUE` with a default, which the help shows as `shown` or else as it is written.
    public static func one(
        _ name: String, short: Character? = nil, _ kind: ValueKind<Value>, default value: Value, shown: String? = nil,
        environment: String? = nil, _ help: String
    ) -> Self {
        var declaration = Declaration(name, short: short, .one, kind, environment: environment, help) {
            values throws(UsageError) in
            guard let text = values?.last else { return value }
            return try kind.parse(text)
        }
        declaration.defaultText = shown ?? "\(value)"
        return Self(declaration: declaration)
    }

    /// `--name VALUE`, nil if absent.
    public static func optional<Wrapped>(
        _ name: String, short: Character? = nil, _ kind: ValueKind<Wrapped>, environment: String? = nil, _ help: String
    ) -> Self where Value == Wrapped? {
        Self(declaration: .optional(name, short: short, kind, environment: environment, help))
    }

    /// `--name VALUE`, which must be given.
    public static func required(
        _ name: String, short: Character? = nil, _ kind: ValueKind<Value>, environment: String? = nil, _ help: String
    ) -> Self {
        Self(declaration: .required(name, short: short, kind, environment: environment, help))
    }

    /// `--name VALUE …`: several values up to the next option, and the option may be repeated.
    public static func list<Element>(
        _ name: String, _ kind: ValueKind<Element>, isRequired: Bool = false, _ help: String
    ) -> Self where Value == [Element] {
        Self(declaration: .list(name, kind, isRequired: isRequired, help))
    }
}

extension Option where Value == OptionalValue {
    /// `--name [VALUE]`: the value may be left out.
    public static func optionalValue(_ name: String, _ kind: ValueKind<String>, _ help: String) -> Self {
        Self(
            declaration: Declaration(name, .optional, kind, help) { values throws(UsageError) in
                guard let values else { return OptionalValue.absent }
                guard let text = values.last else { return OptionalValue.present(nil) }
                return OptionalValue.present(try kind.parse(text))
            })
    }
}

extension Positional {
    /// An argument that must be given.
    public static func required(_ name: String, _ kind: ValueKind<Value>, _ help: String) -> Self {
        Self(declaration: .required(name, kind, help))
    }

    /// An argument that may be left out.
    public static func optional<Wrapped>(_ name: String, _ kind: ValueKind<Wrapped>, _ help: String) -> Self
    where Value == Wrapped? {
        Self(declaration: .optional(name, kind, help))
    }

    /// All further arguments.
    public static func list<Element>(
        _ name: String, _ kind: ValueKind<Element>, isRequired: Bool = false, _ help: String
    ) -> Self where Value == [Element] {
        Self(declaration: .list(name, kind, isRequired: isRequired, help))
    }
}
