/// What a command is called, what it takes and what its help says.
public struct CommandSpec: Sendable {
    /// A line of the help's examples.
    public struct Example: Sendable {
        var command: String
        var meaning: String

        /// `command`, and what it does.
        public init(_ command: String, _ meaning: String) { (self.command, self.meaning) = (command, meaning) }
    }

    var name: String
    var summary: String
    var discussion: String
    var parameters: [DeclaredParameter]
    var configuration: ConfigurationFile?
    var examples: [Example]

    /// A command called `name`; `summary` is one line, `discussion` paragraphs separated by blank lines.
    ///
    /// `configuration` is the file that may give options their values; the option that names it is declared with it.
    public init(
        name: String, summary: String, discussion: String = "", parameters: [any Parameter] = [],
        configuration: ConfigurationFile? = nil, examples: [Example] = []
    ) {
        (self.name, self.summary, self.discussion, self.examples) = (name, summary, discussion, examples)
        self.configuration = configuration
        self.parameters = (configuration.map { [$0.option.parameter] } ?? []) + parameters.map(\.parameter)
    }

    var options: [Declaration] { parameters.filter { !$0.isPositional }.map(\.declaration) }
    var positionals: [Declaration] { parameters.filter(\.isPositional).map(\.declaration) }
}

/// A command: one type that declares its options as static values, reads them and calls the work.
public protocol Command: Sendable {
    /// Name, options and help.
    static var spec: CommandSpec { get }
    /// Does it. A thrown error is printed and ends the program with status 1, a `UsageError` with 64.
    static func run(_ arguments: ParsedArguments) async throws -> ExitCode
}

/// Commands under a common name, or one command, which may have further commands under its own name.
public indirect enum CommandTree: Sendable {
    case command(any Command.Type, [CommandTree] = [])
    case group(name: String, summary: String, [CommandTree])

    var name: String {
        switch self {
        case .command(let type, _): type.spec.name
        case .group(let name, _, _): name
        }
    }

    var summary: String {
        switch self {
        case .command(let type, _): type.spec.summary
        case .group(_, let summary, _): summary
        }
    }

    /// What its name does by itself; nil for a group.
    var command: (any Command.Type)? {
        if case .command(let type, _) = self { type } else { nil }
    }

    var children: [CommandTree] {
        switch self {
        case .command(_, let children), .group(_, _, let children): children
        }
    }
}

/// What was given on the command line, by the option that asked for it.
public struct ParsedArguments: Sendable {
    var values: [String: any Sendable] = [:]

    /// The option's value. The command must have declared it.
    public subscript<Value>(option: Option<Value>) -> Value { value(option.declaration) }

    /// The argument's value. The command must have declared it.
    public subscript<Value>(argument: Positional<Value>) -> Value { value(argument.declaration) }

    private func value<Value>(_ declaration: Declaration) -> Value {
        guard let value = values[declaration.name] as? Value else {
            preconditionFailure("\(declaration.name) is read but not among the command's parameters")
        }
        return value
    }
}

extension Command {
    /// Parses arguments as this command's options, as on the command line.
    public static func parse(_ arguments: [String], environment: [String: String] = [:]) throws(UsageError)
        -> ParsedArguments
    {
        switch try ArgumentParser(spec: spec, environment: environment).parse(arguments) {
        case .arguments(let arguments): return arguments
        case .help: throw UsageError("--help among recorded options")
        }
    }
}
