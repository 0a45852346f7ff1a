/// Shell completions, made from the same declarations as the parser and the help.
struct CompletionScript {
    let root: CommandTree

    /// A command with the words that lead to it, and those that may follow its name.
    private struct Leaf {
        var words: [String]
        var spec: CommandSpec
        var children: [CommandTree]
    }

    func text(for shell: String) -> String {
        switch shell {
        case "zsh": "#compdef \(root.name)\nautoload -U +X bashcompinit && bashcompinit\n" + bash
        case "fish": fish
        default: bash
        }
    }

    private static func leaves(of tree: CommandTree, words: [String]) -> [Leaf] {
        (tree.command.map { [Leaf(words: words, spec: $0.spec, children: tree.children)] } ?? [])
            + tree.children.flatMap { leaves(of: $0, words: words + [$0.name]) }
    }

    /// Whatever has commands under its name.
    private static func parents(of tree: CommandTree, words: [String]) -> [(words: [String], tree: CommandTree)] {
        guard !tree.children.isEmpty else { return [] }
        return [(words, tree)] + tree.children.flatMap { parents(of: $0, words: words + [$0.name]) }
    }

    // MARK: bash (and zsh through bashcompinit)

    private var bash: String {
        // A shell function's name has no hyphens.
        let function = "_" + root.name.map { $0 == "-" ? "_" : String($0) }.joined()
        var cases = ""
        for (path, tree) in Self.parents(of: root, words: []) where tree.command == nil {
            let names = tree.children.map(\.name) + (path.isEmpty ? ["help", "--help", "--version"] : ["--help"])
            cases += "        '\(path.joined(separator: " "))') words='\(names.joined(separator: " "))' ;;\n"
        }
        for leaf in Self.leaves(of: root, words: []) {
            let path = leaf.words.joined(separator: " ")
            for option in leaf.spec.options where option.arity != .flag {
                let reply =
                    switch option.completion {
                    case .none: "return"
                    case .file: "COMPREPLY=($(compgen -f -- \"$current\")); return"
                    case .directory: "COMPREPLY=($(compgen -d -- \"$current\")); return"
                    case .words(let words): "words='\(words.joined(separator: " "))'"
                    }
                cases += "        '\(path)|--\(option.name)') \(reply) ;;\n"
            }
            var words = leaf.children.map(\.name) + leaf.spec.options.map { "--\($0.name)" } + ["--help"]
            for positional in leaf.spec.positionals {
                if case .words(let known) = positional.completion { words = known + words }
            }
            cases += "        '\(path)'|'\(path)'\\|*) words='\(words.joined(separator: " "))' ;;\n"
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

    // MARK: fish

    private var fish: String {
        var lines = ["complete -c \(root.name) -f"]
        for (path, tree) in Self.parents(of: root, words: []) {
            let names = tree.children.map(\.name).joined(separator: " ")
            let seen =
                (path.map { "__fish_seen_subcommand_from \($0)" } + ["not __fish_seen_subcommand_from \(names)"])
                .joined(separator: "; and ")
            for child in tree.children {
                lines.append(
                    "complete -c \(root.name) -n '\(seen)' -a \(child.name) -d '\(Self.escaped(child.summary))'")
            }
        }
        for leaf in Self.leaves(of: root, words: []) {
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
