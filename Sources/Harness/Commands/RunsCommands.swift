import AgentAPI
import CommandParser
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
        let head = [
            "RUN", "ENDED", "TARGET", "VARIANT", "OUTCOME", "SCENARIO", "VALIDITY", "MEDIAN", "DICE", "FAILURE",
        ]
        Terminal.write(Terminal.table([head] + runs.map(row)))
        return .done
    }

    private static func row(_ run: RunSummary) -> [String] {
        let validity = run.validity?.rawValue ?? "–"
        let median = run.medianNs.map(ProgressDisplay.latency) ?? "–"
        let dice = run.dicePatientMean.map { "\(($0 * 1e4).rounded() / 1e4)" } ?? "–"
        return [
            "\(run.id)", run.endedAt, run.target, run.variant, run.outcome.rawValue, run.scenario.rawValue, validity,
            median,
            dice,
            run.failureCode ?? "",
        ]
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
