/// Shell completions, made from the same declarations as the parser and the help.
struct CompletionScript {
    let root: CommandTree

    /// A command with the words that lead to it.
    private struct Leaf {
        var words: [String]
        var spec: CommandSpec
    }

    func text(for shell: String) -> String {
        switch shell {
        case "zsh": "#compdef \(root.name)\nautoload -U +X bashcompinit && bashcompinit\n" + bash
        case "fish": fish
        default: bash
        }
    }

    private var leaves: [Leaf] { Self.leaves(of: root, words: []) }

    private static func leaves(of tree: CommandTree, words: [String]) -> [Leaf] {
        switch tree {
        case .command(let type): [Leaf(words: words, spec: type.spec)]
        case .group(_, _, let children): children.flatMap { leaves(of: $0, words: words + [$0.name]) }
        }
    }

    private static func groups(of tree: CommandTree, words: [String]) -> [(words: [String], children: [CommandTree])] {
        guard case .group(_, _, let children) = tree else { return [] }
        return [(words, children)] + children.flatMap { groups(of: $0, words: words + [$0.name]) }
    }

    // MARK: bash (and zsh through bashcompinit)

    private var bash: String {
        let function = "_\(root.name.replacing("-"))"
        var cases = ""
        for group in Self.groups(of: root, words: []) {
            let names =
                group.children.map(\.name) + (group.words.isEmpty ? ["help", "--help", "--version"] : ["--help"])
            cases +=
                "        \(Self.quoted(group.words.joined(separator: " ")))) words='\(names.joined(separator: " "))' ;;\n"
        }
        for leaf in leaves {
            let path = leaf.words.joined(separator: " ")
            for option in leaf.spec.options where option.arity != .flag {
                let reply =
                    switch option.completion {
                    case .none: "return"
                    case .file: "COMPREPLY=($(compgen -f -- \"$current\")); return"
                    case .directory: "COMPREPLY=($(compgen -d -- \"$current\")); return"
                    case .words(let words): "words='\(words.joined(separator: " "))'"
                    }
                cases += "        \(Self.quoted("\(path)|--\(option.name)"))) \(reply) ;;\n"
            }
            var words = leaf.spec.options.map { "--\($0.name)" } + ["--help"]
            for positional in leaf.spec.positionals {
                if case .words(let known) = positional.completion { words = known + words }
            }
            cases +=
                "        \(Self.quoted(path))|\(Self.quoted(path))\\|*) words='\(words.joined(separator: " "))' ;;\n"
        }
        return """
            \(function)() {
                local current=${COMP_WORDS[COMP_CWORD]} path='' option='' words='' word
                for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                    case $word in
                        --*) option=$word ;;
                        *) [ -n "$option" ] || path="${path:+$path }$word" ;;
                    esac
                done
                [[ $current == -* ]] && option=''
                case $path${option:+|$option} in
            \(cases)    esac
                COMPREPLY=($(compgen -W "$words" -- "$current"))
            }
            complete -F \(function) \(root.name)

            """
    }

    private static func quoted(_ text: String) -> String { "'\(text)'" }

    // MARK: fish

    private var fish: String {
        var lines = ["complete -c \(root.name) -f"]
        for group in Self.groups(of: root, words: []) {
            let names = group.children.map(\.name).joined(separator: " ")
            let seen =
                (group.words.map { "__fish_seen_subcommand_from \($0)" } + ["not __fish_seen_subcommand_from \(names)"])
                .joined(separator: "; and ")
            for child in group.children {
                lines.append(
                    "complete -c \(root.name) -n '\(seen)' -a \(child.name) -d '\(Self.escaped(child.summary))'")
            }
        }
        for leaf in leaves {
            let seen = leaf.words.map { "__fish_seen_subcommand_from \($0)" }.joined(separator: "; and ")
            let condition = seen.isEmpty ? "" : " -n '\(seen)'"
            for option in leaf.spec.options {
                let value =
                    switch (option.arity, option.completion) {
                    case (.flag, _): ""
                    case (_, .file), (_, .directory): " -r -F"
                    case (_, .words(let words)): " -x -a '\(words.joined(separator: " "))'"
                    case (_, .none): " -x"
                    }
                lines.append(
                    "complete -c \(root.name)\(condition) -l \(option.name)\(value) -d '\(Self.escaped(option.help))'")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { $0 += $1 == "'" ? "\\'" : String($1) }
    }
}

extension String {
    /// The name without hyphens, for a shell function.
    fileprivate func replacing(_ hyphen: Character) -> String { String(map { $0 == hyphen ? "_" : $0 }) }
}
