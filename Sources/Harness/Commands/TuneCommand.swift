import AgentAPI
import CommandParser
import Coordinator
import FoundationEssentials
import POSIX

/// `harness tune`
enum TuneCommand: Command {
    static let target = Option.required("target", .text("NAME"), "The target to find schedules for.")
    static let checkpoint = Option.one(
        "checkpoint", .file(), default: "build/checkpoints/unet.pt", "The trained network whose layers are tuned.")
    static let database = Option.optional(
        "database", .directory(), "Folder of the tuning database. If not given: models/tuning.")
    static let budget = Option.optional("budget", .duration(), "Search at most this long.")
    static let layers = Option.list("layer", .text("LAYER"), "Only this layer, as the search calls it. Takes several.")
    static let again = Option.flag(
        "again", "Also search layers that the database has from an earlier search on such a board.")
    static let python = Option.optional(
        "python", .file(), "The Python that runs the search. If not given: build/venv/bin/python, or else python3.")
    static let duration = Option.one(
        "duration", .duration(), default: 100_000_000, shown: "100ms", "Minimum time of a candidate's timed calls.")
    static let queries = Option.one(
        "min-queries", .integer(in: 1...1_000_000), default: 10, "Minimum number of a candidate's timed calls.")
    static let warmUp = Option.one(
        "warm-up-calls", .integer(in: 1...1_000_000), default: 3, "Maximum number of calls before them.")
    static let threads = Option.optional(
        "threads", .integer(in: 1...1024), "Threads of a candidate. If not given: as targets.json says, or all cores.")
    static let timeLimit = Option.one(
        "time-limit", .duration(), default: 120_000_000_000, shown: "2m", "A candidate is stopped after this.")
    static let json = Option.flag("json", "Print one JSON object per event instead of progress.")
    static let spec = CommandSpec(
        name: "tune", summary: "search for the fastest schedule of each layer, measured on the target itself",
        discussion: """
            The search (python -m unet tune) runs on this machine and compiles candidates; the target's agent measures each, alone on \
            its board. The fastest of each layer goes to the target's tuning database, entry by entry, from which “python -m unet \
            compile” takes it.

            After Ctrl-C, or when the board cannot be reached, what was measured is kept: the same command continues from there. A candidate \
            that fails on the board is left out, and the search goes on. If the board reports throttling (too hot, too little \
            current), this does too.

            A target whose agent is "local" needs no daemon: an agent is started on loopback for the search.
            """,
        parameters: [
            target, Shared.targets, checkpoint, database, budget, layers, again, python, duration, queries, warmUp,
            threads, timeLimit, json,
        ],
        examples: [
            .init("harness tune --target rpi3", "search on the Raspberry Pi"),
            .init("harness tune --target x86 --budget 10m", "search on this machine, for ten minutes at most"),
        ])

    static func run(_ arguments: ParsedArguments) async throws -> ExitCode {
        let request: TuningRequest
        do { request = try self.request(arguments) } catch let error as InputError {
            Terminal.error("harness tune: \(error)")
            return .usage
        }
        let display = ProgressDisplay(TuningProgress(budgetNs: arguments[budget]), isJSON: arguments[json])
        // A folder that goes with the search: hundreds of candidates' modules are of no use to anyone later.
        let folder = "\(FileManager.default.temporaryDirectory.path)/harness-tune-\(UUID().uuidString)"
        defer { Folder.remove(folder) }
        let agents = LocalAgents(executable: OwnProgram.sibling("harness-agent"), folder: folder)
        let session = TuningSession(request, localAgents: agents) { display.show($0) }
        do {
            guard try await display.value(of: { try await session.run() }) != nil else {
                Terminal.error("Interrupted. What was measured is kept; the same command continues from there.")
                return .interrupted
            }
            return .done
        } catch let failure as Failure {
            Terminal.error("harness tune: \(request.target.name): \(failure)")
            return .failed
        }
    }

    private static func request(_ arguments: ParsedArguments) throws -> TuningRequest {
        let fleet = try Fleet(path: arguments[Shared.targets])
        guard let target = try fleet.targets(named: [arguments[target]]).first else {
            throw InputError("\(fleet.path) has no target “\(arguments[target])”.")
        }
        let path = arguments[checkpoint]
        guard File.isReadable(path) else {
            throw InputError(
                "\(path) does not exist. Train a network with “python -m unet train”, or name it with --checkpoint.")
        }
        let settings = RunSettings {
            ($0.minDurationNs, $0.minQueries) = (arguments[duration], arguments[queries])
            ($0.warmUpMaxCalls, $0.threads) = (arguments[warmUp], arguments[threads])
            $0.timeLimitNs = arguments[timeLimit]
        }
        var request = TuningRequest(
            fleet: fleet, target: target, python: arguments[python] ?? defaultPython, checkpoint: path,
            settings: settings)
        (request.database, request.budgetNs) = (arguments[database], arguments[budget])
        (request.layers, request.again) = (arguments[layers], arguments[again])
        return request
    }

    /// The Python of “make venv” in this folder, or else the one in PATH.
    private static var defaultPython: String {
        let made = "build/venv/bin/python"
        return File.isExecutable(made) ? made : "python3"
    }
}
