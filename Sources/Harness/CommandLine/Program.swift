import FoundationEssentials
import Glibc
import Spelling

/// A command-line program: its commands, its help on every level, its exit status.
public struct Program: Sendable {
    let root: CommandTree
    let version: String

    /// A program whose `root` is a group of commands or a single one.
    public init(root: CommandTree, version: String) {
        self.root = root
        self.version = version
    }

    /// Parses `words` (without the program's name), runs the command, and returns how the program ends.
    ///
    /// Help and version go to standard output, errors to standard error.
    public func run(_ words: [String], environment: [String: String] = Program.environment) async -> ExitCode {
        var path = [root]
        var rest = words[...]
        while case .group(_, _, let children) = path[path.count - 1] {
            guard let word = rest.popFirst() else {
                Self.print(HelpPage(path: path, width: Self.width).text, to: STDERR_FILENO)
                return .usage
            }
            switch word {
            case "--version":
                Self.print("\(root.name) \(version)\n", to: STDOUT_FILENO)
                return .done
            case "--help", "-h", "help":
                return help(path, about: word == "help" ? Array(rest) : [])
            case let word:
                guard let child = children.first(where: { $0.name == word }) else {
                    let near = Spelling.nearest(to: word, among: children.map(\.name))
                    let kind = word.hasPrefix("-") ? "option" : "command"
                    return refuse(path, "unknown \(kind) “\(word)”." + (near.map { " Did you mean \($0)?" } ?? ""))
                }
                path.append(child)
            }
        }
        guard case .command(let command) = path[path.count - 1] else { return .usage }
        if path.count == 1, rest.first == "--version" {
            Self.print("\(root.name) \(version)\n", to: STDOUT_FILENO)
            return .done
        }
        do {
            switch try ArgumentParser(spec: command.spec, environment: environment).parse(Array(rest)) {
            case .help:
                Self.print(HelpPage(path: path, width: Self.width).text, to: STDOUT_FILENO)
                return .done
            case .arguments(let arguments): return try await command.run(arguments)
            }
        } catch let error as UsageError {
            return refuse(path, error.message)
        } catch is CancellationError {
            return .interrupted
        } catch {
            Self.print("\(root.name): \(error)\n", to: STDERR_FILENO)
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
        Self.print(HelpPage(path: path, width: Self.width).text, to: STDOUT_FILENO)
        return .done
    }

    private func refuse(_ path: [CommandTree], _ message: String) -> ExitCode {
        let name = path.map(\.name).joined(separator: " ")
        Self.print("\(name): \(message)\nTry “\(name) --help”.\n", to: STDERR_FILENO)
        return .usage
    }

    /// The completion script for `shell`: `bash`, `zsh` or `fish`.
    public func completions(for shell: String) -> String {
        CompletionScript(root: root).text(for: shell)
    }

    /// The process's environment.
    public static var environment: [String: String] { ProcessInfo.processInfo.environment }

    private static var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 40 else { return 80 }
        return min(Int(size.ws_col), 100)
    }

    /// Writes all of `text`; a closed pipe is the reader's business, not an error of ours.
    private static func print(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }
}
