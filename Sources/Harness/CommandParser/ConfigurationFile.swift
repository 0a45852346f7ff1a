import POSIX

/// A file of `key = value` lines from which a command takes what its command line does not say.
///
/// A key is an option's name without the hyphens. The command line goes before an environment variable, that before the
/// file, and the file before the option's default.
public struct ConfigurationFile: Sendable {
    /// The option that names the file.
    let option: Option<String?>
    /// Where a package puts it.
    let defaultPath: String
    let summary: String
    private let keys: [Declaration]
    /// The option without which the file in its default place is read unasked.
    private let standsInFor: String

    /// A file that may give the options in `keys`.
    ///
    /// It is read where `option` or its environment variable names it. If neither does and `standsInFor` is not given, the file at
    /// `defaultPath` is read, if there is one: an installed program needs no options.
    public init(
        option: Option<String?>, defaultPath: String, summary: String, keys: [any Parameter],
        standsInFor: any Parameter
    ) {
        (self.option, self.defaultPath, self.summary) = (option, defaultPath, summary)
        self.keys = keys.map(\.parameter.declaration)
        precondition(self.keys.allSatisfy { $0.arity != .flag }, "a key has a value, a flag has none")
        self.standsInFor = standsInFor.parameter.declaration.name
    }

    /// A key's values, and the line of the first.
    struct Entry: Hashable {
        var values: [String]
        var line: Int
    }

    /// The file's entries by their keys, and its path; nil if none is named and none is in its default place.
    ///
    /// `given` is what the command line says. Throws what is wrong with the file, with the line.
    func read(_ given: [String: [String]], _ environment: [String: String]) throws(UsageError) -> (
        path: String, entries: [String: Entry]
    )? {
        let variable = option.declaration.environment.flatMap { environment[$0] }.flatMap { $0.isEmpty ? nil : $0 }
        if let path = given[option.declaration.name]?.last ?? variable { return (path, try parse(path)) }
        guard given[standsInFor] == nil, File.exists(defaultPath) else { return nil }
        return (defaultPath, try parse(defaultPath))
    }

    private func parse(_ path: String) throws(UsageError) -> [String: Entry] {
        guard let bytes = try? File.read(path) else {
            throw UsageError("\(path) cannot be read: does it exist, and may this user read it?")
        }
        do {
            return try entries(String(decoding: bytes, as: UTF8.self))
        } catch {
            throw UsageError("\(path), \(error.message)")
        }
    }

    /// The entries of a file's text.
    func entries(_ text: String) throws(UsageError) -> [String: Entry] {
        var entries: [String: Entry] = [:]
        // Swift sees the line end of other systems as one character.
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (number, line) in zip(1..., lines.map(trimmed)) where !line.isEmpty && line.first != "#" {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(trimmed)
            guard parts.count == 2 else {
                throw UsageError("line \(number): “\(line)” is not “key = value”; a comment begins with “#”")
            }
            guard let key = keys.first(where: { $0.name == parts[0] }) else {
                let problem = unknownWord(parts[0], keys.map(\.name)).message
                throw UsageError("line \(number): the key \(problem)")
            }
            guard !parts[1].isEmpty else {
                throw UsageError("line \(number): \(key.name) has no value; put “#” before the line for the default")
            }
            if let first = entries[key.name], key.arity != .many {
                throw UsageError("line \(number): \(key.name) is already set in line \(first.line); delete one of them")
            }
            entries[key.name, default: Entry(values: [], line: number)].values.append(parts[1])
        }
        return entries
    }

    private func trimmed(_ text: some StringProtocol) -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let front = text.drop(while: isSpace)
        return String(front.reversed().drop(while: isSpace).reversed())
    }

    // MARK: Documentation

    var fileName: String { defaultPath.split(separator: "/").last.map(String.init) ?? defaultPath }

    /// One sentence for the FILES of a command.
    var about: String {
        "Lines of “key = value”, the keys being option names. Read by default if --\(standsInFor) is not given."
    }

    /// Its own page of the manual, of section 5.
    func page(of program: String) -> CommandPage {
        let repeated = keys.filter { $0.arity == .many }.map(\.name)
        return CommandPage(
            name: fileName, summary: summary,
            sections: [
                .init(heading: "SYNOPSIS", blocks: [.literal(defaultPath)]),
                .init(
                    heading: "DESCRIPTION",
                    blocks: CommandPage.paragraphs(
                        """
                        \(program) takes from this file what its command line does not say. Each line is “key = value”; the value is \
                        everything after the equals sign, without the white space around it and without quotes. Blank lines are passed \
                        over, and so are lines that begin with “#”; a “#” further on belongs to the value.

                        The command line goes before an environment variable, that before this file, and the file before the default. An \
                        unknown key, a key without a value and a duplicate key are errors. \
                        \(repeated.isEmpty ? "" : "Only \(repeated.joined(separator: ", ")) may be repeated.")
                        """)),
                .init(
                    heading: "KEYS",
                    blocks: keys.map { .entry("\($0.name) = \($0.placeholder)", CommandPage.about($0)) }),
            ])
    }
}
