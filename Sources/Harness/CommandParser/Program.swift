import POSIX
import FoundationEssentials
import Glibc
import Text

/// A command-line program: its commands, its help on every level, its exit status.
public struct Program: Sendable {
    let root: CommandTree
    let version: String
    let manualSection: Int

    /// A program whose `root` is a group of commands or a single one.
    ///
    /// `manualSection` is where its manual pages belong: 1 for users' programs, 8 for daemons.
    public init(root: CommandTree, version: String, manualSection: Int = 1) {
        (self.root, self.version, self.manualSection) = (root, version, manualSection)
    }

    /// Parses `arguments` (without the program's name), runs the command, and returns how the program ends.
    ///
    /// Help and version go to standard output, errors to standard error.
    public func run(_ arguments: [String], environment: [String: String] = Program.environment) async -> ExitCode {
        var path = [root]
        var rest = arguments[...]
        if rest.first == "--write-manual" { return writeManual(rest.dropFirst(), environment) }
        if rest.first == "--version" {
            Self.print("\(root.name) \(version)\n", to: .output)
            return .done
        }
        while !path[path.count - 1].children.isEmpty {
            let (tree, word) = (path[path.count - 1], rest.first)
            if let word, ["--help", "-h", "help"].contains(word) {
                return help(path, about: word == "help" ? Array(rest.dropFirst()) : [])
            }
            if let child = tree.children.first(where: { $0.name == word }) {
                path.append(child)
                rest.removeFirst()
                continue
            }
            // No word, or an option: the command's own, if the name is a command's by itself.
            if tree.command != nil, word?.hasPrefix("-") ?? true { break }
            guard let word else {
                Self.print(HelpPage(path: path, width: Self.width).text, to: .error)
                return .usage
            }
            let near = Spelling.nearest(to: word, among: tree.children.map(\.name))
            let kind = word.hasPrefix("-") ? "option" : "command"
            return refuse(path, "unknown \(kind) “\(word)”." + (near.map { " Did you mean \($0)?" } ?? ""))
        }
        guard let command = path[path.count - 1].command else { return .usage }
        do {
            switch try ArgumentParser(spec: command.spec, environment: environment).parse(Array(rest)) {
            case .help:
                Self.print(HelpPage(path: path, width: Self.width).text, to: .output)
                return .done
            case .arguments(let arguments): return try await command.run(arguments)
            }
        } catch let error as UsageError {
            return refuse(path, error.message)
        } catch is CancellationError {
            return .interrupted
        } catch {
            Self.print("\(root.name): \(error)\n", to: .error)
            return .failed
        }
    }

    private func help(_ path: [CommandTree], about names: [String]) -> ExitCode {
        var path = path
        for name in names {
            let children = path[path.count - 1].children
            guard let child = children.first(where: { $0.name == name }) else {
                return refuse(path, unknownWord(name, children.map(\.name)).message)
            }
            path.append(child)
        }
        Self.print(HelpPage(path: path, width: Self.width).text, to: .output)
        return .done
    }

    /// `--write-manual DIR`: for packages, and therefore in no help.
    private func writeManual(_ arguments: ArraySlice<String>, _ environment: [String: String]) -> ExitCode {
        guard let folder = arguments.first, arguments.count == 1 else {
            return refuse([root], "--write-manual needs a folder")
        }
        do {
            // Packages are reproducible: their pages bear the source's date, not the build's.
            let epoch = environment["SOURCE_DATE_EPOCH"].flatMap { Double($0) }
            let date = epoch.map { Date(timeIntervalSince1970: $0) } ?? Date.now
            for page in Manual(program: self, date: date).pages {
                let file = "\(folder)/\(page.fileName)"
                try File.write(Array(page.roff.utf8), to: file)
                Self.print("\(file)\n", to: .output)
            }
            return .done
        } catch {
            Self.print("\(root.name): \(error)\n", to: .error)
            return .failed
        }
    }

    private func refuse(_ path: [CommandTree], _ message: String) -> ExitCode {
        let name = path.map(\.name).joined(separator: " ")
        Self.print("\(name): \(message)\nTry “\(name) --help”.\n", to: .error)
        return .usage
    }

    /// The completion script for `shell`: `bash`, `zsh` or `fish`.
    public func completions(for shell: String) -> String { CompletionScript(root: root).text(for: shell) }

    /// The process's environment.
    public static var environment: [String: String] { ProcessEnvironment.current }

    private static var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 40 else { return 80 }
        return min(Int(size.ws_col), 100)
    }

    /// Writes all of `text`; a closed pipe is the reader's business, not an error of ours.
    private static func print(_ text: String, to stream: StandardStream) { try? stream.write(text) }
}
