/// The help of a command or of a group of commands, laid out like a manual page.
struct HelpPage {
    let path: [CommandTree]
    let width: Int

    private var name: String { path.map(\.name).joined(separator: " ") }

    var text: String {
        switch path[path.count - 1] {
        case .command(let type): command(type.spec)
        case .group(_, let summary, let children): group(summary, children)
        }
    }

    private func command(_ spec: CommandSpec) -> String {
        var sections = [("NAME", paragraph("\(name) – \(spec.summary)")), ("SYNOPSIS", synopsis(spec))]
        if !spec.discussion.isEmpty { sections.append(("DESCRIPTION", paragraphs(spec.discussion))) }
        if !spec.positionals.isEmpty {
            sections.append(("ARGUMENTS", spec.positionals.map { entry($0.placeholder, about($0)) }.joined()))
        }
        let help = entry("-h, --help", "Print this help.")
        sections.append(("OPTIONS", spec.options.map { entry(shown($0), about($0)) }.joined() + help))
        let environment = spec.options.compactMap { option in
            option.environment.map { entry($0, "The default of --\(option.name).") }
        }
        if !environment.isEmpty { sections.append(("ENVIRONMENT", environment.joined())) }
        sections.append(("EXIT STATUS", exitStatus))
        if !spec.examples.isEmpty {
            sections.append(("EXAMPLES", spec.examples.map { entry($0.command, $0.meaning) }.joined()))
        }
        return join(sections)
    }

    private func group(_ summary: String, _ children: [CommandTree]) -> String {
        let commands = children.map { entry($0.name, $0.summary) }.joined()
        return join([
            ("NAME", paragraph("\(name) – \(summary)")),
            ("SYNOPSIS", "    \(name) COMMAND [OPTION…]\n    \(name) COMMAND --help\n    \(name) --version\n"),
            ("COMMANDS", commands), ("EXIT STATUS", exitStatus),
        ])
    }

    private var exitStatus: String {
        ExitCode.meanings.map { status, meaning in
            let code = String(status.value)
            return "    \(code)\(String(repeating: " ", count: 6 - code.count))\(meaning)\n"
        }.joined()
    }

    private func synopsis(_ spec: CommandSpec) -> String {
        let options = spec.options.map { option in
            let text = shown(option, short: false)
            return option.isRequired ? text : "[\(text)]"
        }
        let positionals = spec.positionals.map { positional in
            let text = positional.arity == .many ? "\(positional.placeholder)…" : positional.placeholder
            return positional.isRequired ? text : "[\(text)]"
        }
        return wrap([name] + options + positionals, indent: 4, hanging: 8)
    }

    private func shown(_ option: Declaration, short: Bool = true) -> String {
        let name = (short ? option.short.map { "-\($0), " } ?? "" : "") + "--\(option.name)"
        switch option.arity {
        case .flag: return name
        case .one: return "\(name) \(option.placeholder)"
        case .optional: return "\(name) [\(option.placeholder)]"
        case .many: return "\(name) \(option.placeholder)…"
        }
    }

    private func about(_ declaration: Declaration) -> String {
        var text = declaration.help
        if case .words(let words) = declaration.completion { text += " One of: \(words.joined(separator: ", "))." }
        if let value = declaration.defaultText { text += " Default: \(value)." }
        if declaration.isRequired { text += " Required." }
        return text
    }

    // MARK: Layout

    private func join(_ sections: [(String, String)]) -> String {
        sections.map { "\($0)\n\($1)" }.joined(separator: "\n")
    }

    private func entry(_ term: String, _ text: String) -> String {
        "    \(term)\n" + wrap(words(text), indent: 10, hanging: 10)
    }

    private func paragraph(_ text: String) -> String { wrap(words(text), indent: 4, hanging: 4) }

    private func paragraphs(_ text: String) -> String {
        var result: [String] = []
        var current: [Substring] = []
        let lines: [Substring] = text.split(separator: "\n", omittingEmptySubsequences: false) + [""]
        for line in lines {
            if line.isEmpty, !current.isEmpty {
                result.append(paragraph(current.joined(separator: " ")))
                current = []
            } else if !line.isEmpty {
                current.append(line)
            }
        }
        return result.joined(separator: "\n")
    }

    private func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }

    private func wrap(_ words: [String], indent: Int, hanging: Int) -> String {
        var lines = [String(repeating: " ", count: indent)]
        var isFresh = true
        for word in words {
            if !isFresh, lines[lines.count - 1].count + 1 + word.count > width {
                lines.append(String(repeating: " ", count: hanging))
                isFresh = true
            }
            lines[lines.count - 1] += isFresh ? word : " " + word
            isFresh = false
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
