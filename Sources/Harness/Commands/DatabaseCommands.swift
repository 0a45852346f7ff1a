import CommandParser
import Store

/// `harness db info`
enum DatabaseInfoCommand: Command {
    static let spec = CommandSpec(
        name: "info", summary: "show versions, size and numbers of rows", parameters: [Shared.database])

    static func run(_ arguments: ParsedArguments) async throws -> ExitCode {
        let store = try ResultsStore(path: arguments[Shared.database], mode: .readOnly)
        let info = try await store.info()
        Terminal.line(
            "\(store.path): schema \(info.schemaVersion), SQLite \(info.sqliteVersion), \(ProgressDisplay.size(info.sizeBytes))"
        )
        Terminal.write(Terminal.table([["TABLE", "ROWS"]] + info.tables.map { [$0.name, "\($0.rows)"] }))
        return .done
    }
}

/// `harness db check`
enum DatabaseCheckCommand: Command {
    static let spec = CommandSpec(
        name: "check", summary: "check the database: SQLite's integrity, foreign keys, complete runs, seals",
        discussion: """
            Every run is sealed when it is written: a digest of all that it is. A row that was changed since, added or removed is named.
            Migrates an older database. The status is 1 if anything is wrong.
            """, parameters: [Shared.database])

    static func run(_ arguments: ParsedArguments) async throws -> ExitCode {
        // Opened for reading first: a check must not make a database that is not there.
        let isCurrent = (try? ResultsStore(path: arguments[Shared.database], mode: .readOnly)) != nil
        let store = try ResultsStore(path: arguments[Shared.database], mode: isCurrent ? .readOnly : .existing)
        let check = try await store.check()
        for problem in check.problems { Terminal.line(problem) }
        let seals = check.unsealed == 0 ? "" : ", \(check.unsealed) from before there were seals"
        let count = check.problems.count
        let words = count == 0 ? "no problems" : count == 1 ? "1 problem" : "\(count) problems"
        Terminal.line("\(store.path): \(words); \(check.sealed) runs sealed\(seals)")
        return check.problems.isEmpty ? .done : .failed
    }
}

/// `harness db backup`
enum DatabaseBackupCommand: Command {
    static let file = Positional.required("file", .file(), "File to write; it must not exist.")
    static let spec = CommandSpec(
        name: "backup", summary: "copy the database while it may be in use", parameters: [file, Shared.database])

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
