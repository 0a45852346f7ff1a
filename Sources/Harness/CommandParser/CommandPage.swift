/// The documentation of a command or of a group of commands, before the help or the manual lays it out.
struct CommandPage {
    /// A part under a heading.
    struct Section {
        var heading: String
        var blocks: [Block]
    }

    enum Block {
        case paragraph(String)
        /// Words of which none is broken, continued on further lines.
        case synopsis([String])
        /// A term and, below it, what it means.
        case entry(String, String)
        /// A short term and what it means, on one line.
        case row(String, String)
        /// A line as it stands, to be typed or put into a file.
        case literal(String)
    }

    var name: String
    var summary: String
    var sections: [Section]
}

extension CommandPage {
    /// The page of the last of `path`, which begins with the program.
    init(path: [CommandTree]) {
        name = path.map(\.name).joined(separator: " ")
        let tree = path[path.count - 1]
        summary = tree.summary
        sections = []
        let spec = tree.command?.spec
        var synopsis = spec.map { [Block.synopsis([name] + Self.synopsis($0))] } ?? []
        if !tree.children.isEmpty {
            let forms = ["COMMAND [OPTION…]", "COMMAND --help"] + (path.count == 1 ? ["--version"] : [])
            synopsis += forms.map { .synopsis([name, $0]) }
        }
        add("SYNOPSIS", synopsis)
        add("DESCRIPTION", Self.paragraphs(spec?.discussion ?? ""))
        add("COMMANDS", tree.children.map { .entry($0.name, $0.summary) })
        if let spec { addParameters(spec) }
        add("EXIT STATUS", ExitCode.meanings.map { .row(String($0.value), $1) })
        add("EXAMPLES", spec?.examples.map { .entry($0.command, $0.meaning) } ?? [])
    }

    private mutating func add(_ heading: String, _ blocks: [Block]) {
        if !blocks.isEmpty { sections.append(.init(heading: heading, blocks: blocks)) }
    }

    private mutating func addParameters(_ spec: CommandSpec) {
        add("ARGUMENTS", spec.positionals.map { .entry($0.placeholder, Self.about($0)) })
        add(
            "OPTIONS",
            spec.options.map { .entry(Self.shown($0), Self.about($0)) } + [.entry("-h, --help", "Print this help.")])
        add(
            "ENVIRONMENT",
            spec.options.compactMap { option in
                option.environment.map { .entry($0, "The default of --\(option.name).") }
            })
        if let file = spec.configuration { add("FILES", [.entry(file.defaultPath, file.about)]) }
    }

    private static func synopsis(_ spec: CommandSpec) -> [String] {
        let options = spec.options.map { option in
            let text = shown(option, short: false)
            return option.isRequired ? text : "[\(text)]"
        }
        let positionals = spec.positionals.map { positional in
            let text = positional.arity == .many ? "\(positional.placeholder)…" : positional.placeholder
            return positional.isRequired ? text : "[\(text)]"
        }
        return options + positionals
    }

    private static func shown(_ option: Declaration, short: Bool = true) -> String {
        let name = (short ? option.short.map { "-\($0), " } ?? "" : "") + "--\(option.name)"
        switch option.arity {
        case .flag: return name
        case .one: return "\(name) \(option.placeholder)"
        case .optional: return "\(name) [\(option.placeholder)]"
        case .many: return "\(name) \(option.placeholder)…"
        }
    }

    /// What a parameter is for, what it may be, and what it is if not given.
    static func about(_ declaration: Declaration) -> String {
        var text = declaration.help
        if case .words(let words) = declaration.completion { text += " One of: \(words.joined(separator: ", "))." }
        if let value = declaration.defaultText { text += " Default: \(value)." }
        if declaration.isRequired { text += " Required." }
        return text
    }

    /// Text as paragraphs, which blank lines separate.
    static func paragraphs(_ text: String) -> [Block] {
        var result: [Block] = []
        var current: [Substring] = []
        let lines: [Substring] = text.split(separator: "\n", omittingEmptySubsequences: false) + [""]
        for line in lines {
            if line.isEmpty, !current.isEmpty {
                result.append(.paragraph(current.joined(separator: " ")))
                current = []
            } else if !line.isEmpty {
                current.append(line)
            }
        }
        return result
    }
}
