import Text

/// Turns a command's arguments into its values.
struct ArgumentParser {
    let spec: CommandSpec
    let environment: [String: String]

    enum Result {
        case arguments(ParsedArguments)
        case help
    }

    func parse(_ arguments: [String]) throws(UsageError) -> Result {
        var given: [String: [String]] = [:]
        var loose: [String] = []
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if word == "--" {
                loose += rest
                break
            }
            if word == "--help" || word == "-h" { return .help }
            guard word.hasPrefix("-"), word != "-" else {
                loose.append(word)
                continue
            }
            let (option, inline) = try option(word)
            try take(option, inline, &rest, &given)
        }
        return .arguments(try convert(given, loose))
    }

    private func option(_ word: String) throws(UsageError) -> (Declaration, String?) {
        guard word.hasPrefix("--") else {
            let letter = word[word.index(after: word.startIndex)]
            guard let option = spec.options.first(where: { $0.short == letter }), word.count == 2 else {
                throw UsageError("unknown option \(word)")
            }
            return (option, nil)
        }
        let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        guard let option = spec.options.first(where: { $0.name == name }) else {
            let near = Spelling.nearest(to: name, among: spec.options.map(\.name) + ["help"])
            throw UsageError("unknown option --\(name)." + (near.map { " Did you mean --\($0)?" } ?? ""))
        }
        return (option, parts.count == 2 ? String(parts[1]) : nil)
    }

    private func take(
        _ option: Declaration, _ inline: String?, _ rest: inout ArraySlice<String>, _ given: inout [String: [String]]
    ) throws(UsageError) {
        func next() -> String? {
            guard let word = rest.first, word == "-" || !word.hasPrefix("-") || Double(word) != nil else { return nil }
            return rest.popFirst()
        }
        var values: [String] = []
        if let inline {
            guard option.arity != .flag else { throw UsageError("--\(option.name) takes no value") }
            values = [inline]
        } else if option.arity != .flag, let first = next() {
            values = [first]
            while option.arity == .many, let value = next() { values.append(value) }
        } else if [.one, .many].contains(option.arity) {
            throw UsageError("--\(option.name) needs a value: \(option.placeholder)")
        }
        given[option.name, default: []] += values
    }

    private func convert(_ given: [String: [String]], _ loose: [String]) throws(UsageError) -> ParsedArguments {
        var result = ParsedArguments()
        let file = try spec.configuration?.read(given, environment)
        for option in spec.options {
            var values = given[option.name]
            var source = "--\(option.name)"
            if values == nil, let name = option.environment, let value = environment[name], !value.isEmpty {
                values = [value]
            }
            if values == nil, let file, let entry = file.entries[option.name] {
                values = entry.values
                source = "\(file.path), line \(entry.line): \(option.name)"
            }
            guard values != nil || !option.isRequired else {
                let file = spec.configuration?.option.declaration.name
                let remedy = file.map { ": give it, or a file that has it with --\($0)" } ?? ""
                throw UsageError("--\(option.name) is missing\(remedy)")
            }
            result.values[option.name] = try value(option, values, from: source)
        }
        var rest = loose[...]
        for positional in spec.positionals {
            let values = positional.arity == .many ? Array(rest) : Array(rest.prefix(1))
            rest = rest.dropFirst(values.count)
            guard !values.isEmpty || !positional.isRequired else {
                throw UsageError("\(positional.placeholder) is missing: \(positional.help)")
            }
            let given = values.isEmpty ? nil : values
            result.values[positional.name] = try value(positional, given, from: positional.placeholder)
        }
        if let extra = rest.first { throw UsageError("unexpected argument “\(extra)”") }
        return result
    }

    private func value(
        _ declaration: Declaration, _ texts: [String]?, from source: String
    ) throws(UsageError) -> any Sendable {
        do { return try declaration.convert(texts) } catch { throw UsageError("\(source): \(error.message)") }
    }
}

/// An error that names the nearest of `words`, or all of them.
func unknownWord(_ word: String, _ words: [String]) -> UsageError {
    let near = Spelling.nearest(to: word, among: words)
    return UsageError(
        "“\(word)” is not known."
            + (near.map { " Did you mean \($0)?" } ?? " Known are \(words.joined(separator: ", "))."))
}
