import FoundationEssentials

/// All manual pages of a program: one for every command and group, and one for every configuration file.
struct Manual {
    let program: Program
    let date: Date

    var pages: [ManualPage] { pages(of: [program.root]) + filePages }

    /// Pages of the last of `path` and of all commands under its name.
    private func pages(of path: [CommandTree]) -> [ManualPage] {
        let tree = path[path.count - 1]
        let related =
            (path.count > 1 ? [reference(Array(path.dropLast()))] : []) + tree.children.map { reference(path + [$0]) }
            + (tree.command?.spec.configuration.map { ["\($0.fileName)(5)"] } ?? [])
        let own = page(CommandPage(path: path), title: title(path), section: program.manualSection, seeAlso: related)
        return [own] + tree.children.flatMap { pages(of: path + [$0]) }
    }

    /// Pages of the configuration files, each once, whichever commands read it.
    private var filePages: [ManualPage] {
        var files: [String: ConfigurationFile] = [:]
        func collect(_ tree: CommandTree) {
            if let file = tree.command?.spec.configuration { files[file.fileName] = file }
            tree.children.forEach(collect)
        }
        collect(program.root)
        return files.sorted { $0.key < $1.key }.map { name, file in
            page(file.page(of: program.root.name), title: name, section: 5, seeAlso: [reference([program.root])])
        }
    }

    private func title(_ path: [CommandTree]) -> String { path.map(\.name).joined(separator: "-") }

    private func reference(_ path: [CommandTree]) -> String { "\(title(path))(\(program.manualSection))" }

    private func page(_ content: CommandPage, title: String, section: Int, seeAlso: [String]) -> ManualPage {
        ManualPage(
            content: content, title: title, section: section, seeAlso: seeAlso,
            date: date.formatted(.iso8601.year().month().day()), source: "\(program.root.name) \(program.version)")
    }
}

/// A page in the roff of man(7), which `man`, `groff` and `mandoc` read.
struct ManualPage {
    let content: CommandPage
    /// The page's own name, without spaces: `harness-runs-list`.
    let title: String
    let section: Int
    /// Names of other pages with their sections.
    let seeAlso: [String]
    let date: String
    let source: String

    var fileName: String { "\(title).\(section)" }

    var roff: String {
        var lines = [
            ".TH \(quoted(title.uppercased())) \(section) \"\(date)\" \(quoted(source))", ".SH NAME",
            "\(escaped(title)) \\- \(escaped(content.summary))",
        ]
        for section in content.sections {
            lines.append(".SH \(quoted(section.heading))")
            for (index, block) in section.blocks.enumerated() { lines += roff(block, isFirst: index == 0) }
        }
        if !seeAlso.isEmpty {
            lines.append(".SH \"SEE ALSO\"")
            let references = seeAlso.map { reference in
                let parts = reference.split(separator: "(")
                return ".BR \(escaped(String(parts[0]))) (\(parts[1])"
            }
            lines += references.dropLast().map { $0 + " ," } + references.suffix(1)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func roff(_ block: CommandPage.Block, isFirst: Bool) -> [String] {
        switch block {
        case .paragraph(let text): (isFirst ? [] : [".PP"]) + lines(text)
        // Not filled by hyphenation and not spread to the margin: these are words to be typed.
        case .synopsis(let words): (isFirst ? [".nh", ".ad l"] : []) + [".HP 4"] + lines(words.joined(separator: " "))
        case .entry(let term, let text): [".TP", ".B \(quoted(term))"] + lines(text)
        case .row(let term, let text): [".TP 6", ".B \(quoted(term))"] + lines(text)
        case .literal(let text): [".nf", line(text), ".fi"]
        }
    }

    /// Text in lines short enough for whoever looks at the source.
    private func lines(_ text: String) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ").map({ escaped(String($0)) }) {
            if let last = lines.last, last.count + 1 + word.count <= 80 {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(word)
            }
        }
        return lines.map(protected)
    }

    private func line(_ text: String) -> String { protected(escaped(text)) }

    /// A line of text: a point or a quote at its beginning would be a request.
    private func protected(_ text: String) -> String {
        text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
    }

    private func quoted(_ text: String) -> String { "\"\(escaped(text))\"" }

    /// ASCII only, so that a page reads well in every locale.
    private func escaped(_ text: String) -> String {
        let known: [Unicode.Scalar: String] = [
            "\\": "\\e", "-": "\\-", "\"": "\\(dq", "'": "\\(aq", "–": "\\(en", "“": "\\(lq", "”": "\\(rq",
            "’": "\\(cq", "…": "...", "→": "\\(->", "×": "\\(mu", "\t": " ",
        ]
        return text.unicodeScalars.map { scalar in
            known[scalar]
                ?? (scalar.isASCII ? String(scalar) : "\\[u\(String(scalar.value, radix: 16, uppercase: true))]")
        }.joined()
    }
}
