/// The help of a command or of a group of commands, laid out for a terminal.
struct HelpPage {
    let page: CommandPage
    /// Columns.
    let width: Int

    init(path: [CommandTree], width: Int) {
        page = CommandPage(path: path)
        self.width = width
    }

    var text: String {
        let name = CommandPage.Section(heading: "NAME", blocks: [.paragraph("\(page.name) – \(page.summary)")])
        return ([name] + page.sections).map { "\($0.heading)\n\(body($0.blocks))" }.joined(separator: "\n")
    }

    private func body(_ blocks: [CommandPage.Block]) -> String {
        var text = ""
        for (index, block) in blocks.enumerated() {
            if case .paragraph = block, index > 0 { text += "\n" }
            text += shown(block)
        }
        return text
    }

    private func shown(_ block: CommandPage.Block) -> String {
        switch block {
        case .paragraph(let text): wrap(words(text), indent: 4, hanging: 4)
        case .synopsis(let words): wrap(words, indent: 4, hanging: 8)
        case .entry(let term, let text): "    \(term)\n" + wrap(words(text), indent: 10, hanging: 10)
        case .row(let term, let text): "    \(term)\(String(repeating: " ", count: 6 - term.count))\(text)\n"
        case .literal(let line): "    \(line)\n"
        }
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
