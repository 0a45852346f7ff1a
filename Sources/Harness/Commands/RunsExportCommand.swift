import AgentAPI
import CommandParser
import Report
import Store

/// `harness runs export`
enum RunsExportCommand: Command {
    private static let mlperf = "mlperf"

    static let runs = Positional.list(
        "run", .integer("RUN"), "With the format mlperf: numbers of the runs, as “harness runs list” shows them.")
    static let formats = Option.one(
        "format", .choices("LIST", ExportFormat.allCases.map(\.rawValue) + [mlperf]), default: ["csv"], shown: "csv",
        "Formats, separated by commas; mlperf only by itself.")
    static let output = Option.optional(
        "output", short: "o", .directory(), "Folder for runs.json and runs.csv; standard output if not given.")
    static let out = Option.optional("out", .directory(), "The same as --output.")
    static let spec = CommandSpec(
        name: "export", summary: "export runs as JSON, CSV, or logs as MLPerf LoadGen writes them",
        discussion: """
            JSON and CSV have one row per run; docs/schema.md describes the columns, which are those of the view run_summary.

            With the format mlperf each RUN is written as mlperf_log_summary.txt, mlperf_log_detail.txt and mlperf_log_accuracy.json: \
            one run into the folder itself, several into folders run-N within it.
            """,
        parameters: [runs, formats, output, out, Shared.database, Shared.dispatch],
        examples: [
            .init("harness runs export --format json,csv --output exported", "all runs' summaries"),
            .init("harness runs export --format mlperf 12 --output exported", "run 12 as LoadGen would log it"),
        ])

    static func run(_ arguments: ParsedArguments) async throws -> ExitCode {
        let chosen = arguments[formats]
        let folder = arguments[output] ?? arguments[out]
        if chosen.contains(mlperf) { return try await exportLogs(arguments, to: folder) }
        guard arguments[runs].isEmpty else { throw UsageError("run numbers are allowed with the format mlperf only") }
        guard folder != nil || chosen.count == 1 else { throw UsageError("several formats need --output DIR") }
        let store = try ResultsStore(path: arguments[Shared.database], mode: .readOnly)
        for format in chosen.compactMap(ExportFormat.init) {
            let bytes = try await store.export(arguments[Shared.dispatch].map { .dispatch($0) } ?? .all, as: format)
            guard let folder else {
                Terminal.write(bytes)
                continue
            }
            try write([("runs.\(format.rawValue)", String(decoding: bytes, as: UTF8.self))], to: folder)
        }
        return .done
    }

    private static func exportLogs(_ arguments: ParsedArguments, to folder: String?) async throws -> ExitCode {
        guard arguments[formats] == [mlperf] else {
            throw UsageError("the format mlperf cannot be combined with others")
        }
        guard let folder, !arguments[runs].isEmpty else {
            throw UsageError("the format mlperf needs RUN … and --output DIR")
        }
        let store = try ResultsStore(path: arguments[Shared.database], mode: .readOnly)
        var all: [(folder: String, files: [(name: String, text: String)])] = []
        for number in arguments[runs] {
            let run = try await store.run(Int64(number))
            guard let files = MLPerfLog.render(run, version: HarnessVersion.current) else {
                Terminal.error(
                    "Run \(number) has no queries to export: it failed, was made by an older harness, or by a runner that reports none."
                )
                return .failed
            }
            all.append((arguments[runs].count == 1 ? folder : "\(folder)/run-\(number)", files))
        }
        // All or nothing: no file is written before every run is known to be good.
        for (folder, files) in all { try write(files, to: folder) }
        return .done
    }

    private static func write(_ files: [(name: String, text: String)], to folder: String) throws {
        for path in try ReportWriter.write(files, to: folder) { Terminal.line(path) }
    }
}
