import AgentWire
import CommandParser
import FoundationEssentials
import Report
import Store

/// `harness runs list`
enum RunsListCommand: Command {
    static let spec = CommandSpec(
        name: "list", summary: "list stored runs, newest first", parameters: [Shared.database, Shared.dispatch])

    static func run(_ arguments: ParsedArguments) async throws -> ExitCode {
        let store = try ResultsStore(path: arguments[Shared.database], mode: .readOnly)
        let runs = try await store.runs(arguments[Shared.dispatch].map { .dispatch($0) } ?? .all)
        guard !runs.isEmpty else {
            Terminal.error("There are no runs.")
            return .done
        }
        let rows = runs.map { run in
            [
                "\(run.id)", run.endedAt, run.target, run.variant, run.outcome.rawValue,
                run.medianNs.map(ProgressDisplay.milliseconds) ?? "–",
                run.dicePatientMean.map { "\(($0 * 1e4).rounded() / 1e4)" } ?? "–", run.failureCode ?? "",
            ]
        }
        Terminal.write(
            Terminal.table([["RUN", "ENDED", "TARGET", "VARIANT", "OUTCOME", "MEDIAN", "DICE", "FAILURE"]] + rows))
        return .done
    }
}

/// `harness runs show`
enum RunsShowCommand: Command {
    static let number = Positional.required(
        "run", .integer("RUN"), "Number of the run, as “harness runs list” shows it.")
    static let spec = CommandSpec(
        name: "show", summary: "show everything of one run", parameters: [number, Shared.database])

    static func run(_ arguments: ParsedArguments) async throws -> ExitCode {
        let store = try ResultsStore(path: arguments[Shared.database], mode: .readOnly)
        let detail = try await store.run(Int64(arguments[number]))
        Terminal.write(RunPage.render(detail))
        return .done
    }
}

/// `harness runs export`
enum RunsExportCommand: Command {
    static let formats = Option.one(
        "format", .choices("LIST", ExportFormat.allCases.map(\.rawValue)), default: ["csv"], shown: "csv",
        "Formats, separated by commas.")
    static let output = Option.optional(
        "output", short: "o", .directory(), "Folder for runs.json and runs.csv; standard output if not given.")
    static let spec = CommandSpec(
        name: "export", summary: "export the summaries of runs as JSON or CSV",
        discussion: "One row a run; docs/schema.md describes the columns, which are those of the view run_summary.",
        parameters: [formats, output, Shared.database, Shared.dispatch])

    static func run(_ arguments: ParsedArguments) async throws -> ExitCode {
        let chosen = arguments[formats].compactMap { ExportFormat(rawValue: $0) }
        guard arguments[output] != nil || chosen.count == 1 else {
            throw UsageError("several formats need --output DIR")
        }
        let store = try ResultsStore(path: arguments[Shared.database], mode: .readOnly)
        for format in chosen {
            let bytes = try await store.export(arguments[Shared.dispatch].map { .dispatch($0) } ?? .all, as: format)
            if let folder = arguments[output] {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                let path = "\(folder)/runs.\(format.rawValue)"
                try Data(bytes).write(to: URL(filePath: path), options: .atomic)
                Terminal.line(path)
            } else {
                Terminal.write(bytes)
            }
        }
        return .done
    }
}
