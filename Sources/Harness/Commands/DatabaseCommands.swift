import CommandParser
import Store
import Text

/// `harness db info`
enum DatabaseInfoCommand: Command {
    static let spec = CommandSpec(
        name: "info", summary: "show versions, size and numbers of rows", parameters: [Shared.database])

    static func run(_ arguments: ParsedArguments) async throws -> ExitCode {
        let store = try ResultsStore(path: arguments[Shared.database], mode: .readOnly)
        let info = try await store.info()
        Terminal.line(
            "\(store.path): schema \(info.schemaVersion), SQLite \(info.sqliteVersion), \(Format.bytes(info.sizeBytes))"
        )
        Terminal.write(Terminal.table([.text("TABLE"), .number("ROWS")], info.tables.map { [$0.name, "\($0.rows)"] }))
        return .done
    }
}

/// `harness db check`
enum DatabaseCheckCommand: Command {
    static let spec = CommandSpec(
        name: "check", summary: "check the database: SQLite's integrity, foreign keys, complete runs, seals",
        discussion: """
            Every run is sealed with a digest of all its rows when it is written. Rows changed, added or removed since are named.
            An older database is migrated. The exit status is 1 if anything is wrong.
            """, parameters: [Shared.database])

    static func run(_ arguments: ParsedArguments) async throws -> ExitCode {
        // Opened for reading first: a check must not make a database that is not there.
        let isCurrent = (try? ResultsStore(path: arguments[Shared.database], mode: .readOnly)) != nil
        let store = try ResultsStore(path: arguments[Shared.database], mode: isCurrent ? .readOnly : .existing)
        let check = try await store.check()
        for problem in check.problems { Terminal.line(problem) }
        let seals = check.unsealed == 0 ? "" : ", \(check.unsealed) older than seals"
        let count = check.problems.isEmpty ? "no problems" : Format.count(check.problems.count, "problem")
        Terminal.line("\(store.path): \(count); \(Format.count(check.sealed, "run")) sealed\(seals)")
        return check.problems.isEmpty ? .done : .failed
    }
}

/// `harness db backup`
enum DatabaseBackupCommand: Command {
    static let file = Positional.required("file", .file(), "File to write; it must not exist.")
    static let spec = CommandSpec(
        name: "backup", summary: "copy the database, even while it is in use", parameters: [file, Shared.database])

    static func run(_ arguments: ParsedArguments) async throws -> ExitCode {
        let store = try ResultsStore(path: arguments[Shared.database], mode: .readOnly)
        try await store.backup(to: arguments[file])
        Terminal.line(arguments[file])
        return .done
    }
}

/// `harness completions`
enum CompletionsCommand: Command {
    static let shell = Positional.required("shell", .choice("SHELL", ["bash", "zsh", "fish"]), "Which shell.")
    static let spec = CommandSpec(
        name: "completions", summary: "print a completion script", parameters: [shell],
        examples: [.init("source <(harness completions bash)", "complete in this shell")])

    static func run(_ arguments: ParsedArguments) async throws -> ExitCode {
        Terminal.write(HarnessProgram.program.completions(for: arguments[shell]))
        return .done
    }
}
