import AgentAPI
import CommandParser
import Report
import Store
import Text

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
        let columns: [Table.Column] = [
            .number("RUN"), .text("ENDED"), .text("TARGET"), .text("VARIANT"), .text("OUTCOME"), .text("SCENARIO"),
            .text("VALIDITY"), .number("MEDIAN"), .number("DICE"), .text("FAILURE"),
        ]
        Terminal.write(Terminal.table(columns, runs.map(row)))
        return .done
    }

    private static func row(_ run: RunSummary) -> [String] {
        [
            "\(run.id)", run.endedAt, run.target, run.variant, run.outcome.rawValue, run.scenario.rawValue,
            run.validity?.rawValue ?? Format.unknown, Format.duration(run.medianNs),
            Format.dice(run.dicePatientMean), run.failureCode ?? "",
        ]
    }
}

/// `harness runs show`
enum RunsShowCommand: Command {
    static let number = Positional.required(
        "run", .integer("RUN"), "Number of the run, as “harness runs list” shows it.")
    static let spec = CommandSpec(
        name: "show", summary: "show all that is stored of one run", parameters: [number, Shared.database])

    static func run(_ arguments: ParsedArguments) async throws -> ExitCode {
        let store = try ResultsStore(path: arguments[Shared.database], mode: .readOnly)
        let detail = try await store.run(Int64(arguments[number]))
        Terminal.write(TerminalRenderer.render(RunPage.blocks(detail)))
        return .done
    }
}
