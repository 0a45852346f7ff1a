import JSON
import AgentAPI
import CommandParser
import Coordinator
import FoundationEssentials
import Report
import Store

/// `harness dispatch`
enum DispatchCommand: Command {
    static let bundles = Option.list(
        "bundle", .directory(), "Bundles to measure: folders with bundle.json. Takes several.")
    static let dataset = Option.optional("dataset", .directory(), "Data set to score with: a folder with dataset.json.")
    static let label = Option.optional("label", .text("TEXT"), "A label to find these runs by.")
    static let warmUp = Option.one(
        "warm-up-calls", .integer(in: 1...1_000_000), default: 200,
        "Maximum number of calls of the warm-up, which ends when the median is stable.")
    static let seed = Option.one(
        "seed", .integer(), default: 0, "Seed of the inputs' order, and of the arrivals of a server's queries.")
    static let timeLimit = Option.optional(
        "time-limit", .duration(),
        "A job is stopped after this. If not given: 15 minutes more than the minimum time of the timed phase.")
    static let memoryLimit = Option.optional("memory-limit", .bytes(), "Most data memory that a runner may use.")
    static let coolDown = Option.optional(
        "cool-down", .celsius(), "Before each run wait until no sensor of the board is above this, such as 60C.")
    static let settle = Option.flag("settle", "Before each run wait until the board is idle.")
    static let settleLimit = Option.one(
        "settle-limit", .duration(), default: 300_000_000_000, shown: "5m", "Wait at most this long before each run.")
    static let rounds = Option.one(
        "repeat", .integer(in: 1...1000), default: 1,
        "Measure every bundle this many times, in rounds: each round has all of a target's bundles once, in a random order of its own."
    )
    static let orderSeed = Option.one("order-seed", .integer(), default: 0, "Seed of the order within each round.")
    static let restarts = Option.one(
        "restarts", .integer(in: 1...1000), default: 1,
        "Spread the rounds over this many sessions of a local agent, which is restarted in between.")
    static let json = Option.flag("json", "Print one JSON object per event instead of progress.")
    static let resume = Option.optionalValue(
        "resume", .text("ID"), "Continue an interrupted dispatch: ID, or the newest that has open runs.")
    static let spec = CommandSpec(
        name: "dispatch", summary: "send bundles to targets, measure, score, and store the results",
        discussion: """
            Every target gets the bundles compiled for it, one after the other; all targets work at once. The plan is stored before \
            anything is sent, each run when it has ended. A failure is stored with its reason, and the rest goes on.

            After Ctrl-C, a crash or a power cut, --resume goes on where the dispatch stopped, from the same folder. What has \
            finished is not measured again.

            A target whose agent is "local" needs no daemon: an agent is started on loopback for the run. It runs bundles of TVM, \
            and those of PyTorch and ONNX Runtime if harness-python-runner lies beside it or in build/venv/bin.
            """,
        parameters: [
            bundles, dataset, Shared.targets, Shared.target, Shared.database, label,
        ] + ScenarioOptions.all + [
            warmUp, Shared.threads, seed, timeLimit, memoryLimit, rounds, orderSeed, restarts, coolDown, settle,
            settleLimit,
            Shared.runner, json, resume,
        ],
        examples: [
            .init(
                "harness dispatch --bundle build/bundles/* --dataset data/phantom --target x86",
                "measure and score on this machine"),
            .init(
                "harness dispatch --bundle build/bundles/* --scenario server --target-qps 20 --target-latency 100ms",
                "test whether a board keeps up with 20 queries per second, each within 100 ms"),
            .init("harness dispatch --resume", "go on after an interruption"),
        ])

    static func run(_ arguments: ParsedArguments) async throws -> ExitCode {
        let (request, store, dispatch, runs): (DispatchRequest, ResultsStore, String, Int)
        do {
            (request, store, dispatch, runs) = try await prepare(arguments)
        } catch let error as InputError {
            Terminal.error("harness dispatch: \(error)")
            return .usage
        }
        let display = ProgressDisplay(
            DispatchProgress(timedNs: request.settings.minDurationNs), isJSON: arguments[json])
        let agents = LocalAgents(
            executable: OwnProgram.sibling("harness-agent"), folder: agentFolder(), runners: request.runners)
        let session = DispatchSession(request, store: store, localAgents: agents) { display.show($0) }
        guard let counts = try await display.value(of: { try await session.run(dispatch: dispatch, total: runs) })
        else {
            Terminal.error("Interrupted. Finished runs are stored; go on with: harness dispatch --resume \(dispatch)")
            return .interrupted
        }
        if !arguments[json] {
            let model = try await ReportBuilder.build(
                store, .dispatch(dispatch), title: "Dispatch", now: Timestamp.now())
            Terminal.write("\n" + TerminalRenderer.render(DispatchSummary.blocks(model)))
        }
        await store.close()
        return counts.failed == 0 ? .done : .failed
    }

    // MARK: Preparing

    private static func prepare(_ arguments: ParsedArguments) async throws -> (
        DispatchRequest, ResultsStore, String, Int
    ) {
        if case .present(let id) = arguments[resume] {
            let store = try ResultsStore(path: arguments[Shared.database], mode: .readWrite)
            guard let plan = try await store.unfinishedDispatch(id: id) else {
                throw InputError(
                    id.map { "there is no dispatch \($0) with open runs." } ?? "there is no dispatch with open runs.")
            }
            return (try request(resuming: plan), store, plan.id, plan.runs.count)
        }
        let request = try request(from: arguments)
        let (plan, unused) = try Planner.plan(request)
        for name in unused { Terminal.error("\(name) is for none of the chosen targets and is left out.") }
        // The database is touched only when everything else is known to be good.
        let store = try ResultsStore(path: arguments[Shared.database], mode: .readWrite)
        try await store.begin(plan)
        return (request, store, plan.id, plan.runs.count)
    }

    /// What `plan` was made from. Version 0.1.0 stored its options only, as a command line that is parsed again.
    private static func request(resuming plan: DispatchPlan) throws -> DispatchRequest {
        if let request = try DispatchRequest(resuming: plan) { return request }
        let request = try request(from: try parse(try WireJSON.decode([String].self, from: plan.commandJSON.utf8)))
        try request.check(against: plan)
        return request
    }

    private static func request(from arguments: ParsedArguments) throws -> DispatchRequest {
        guard !arguments[bundles].isEmpty else {
            throw UsageError("--bundle is missing: which modules are to be measured?")
        }
        let fleet = try Fleet(path: arguments[Shared.targets])
        let targets = try fleet.targets(named: arguments[Shared.target])
        let folders = try arguments[bundles].map { try BundleFolder(folder: $0) }
        let data = try arguments[dataset].map { try DatasetFolder(folder: $0) }
        var settings = RunSettings {
            ($0.warmUpMaxCalls, $0.threads) = (arguments[warmUp], arguments[Shared.threads])
            ($0.seed, $0.memoryLimitBytes) = (UInt64(arguments[seed]), arguments[memoryLimit])
        }
        try ScenarioOptions.apply(arguments, to: &settings)
        try limitTime(arguments, &settings)
        var request = DispatchRequest(
            fleet: fleet, targets: targets, bundles: folders, dataset: data, settings: settings)
        request.label = arguments[label]
        request.command = Array(CommandLine.arguments.dropFirst())
        request.idleCondition = idleCondition(arguments)
        request.repeats = try repeats(arguments)
        request.runners = arguments[Shared.runner]
        return request
    }

    private static func repeats(_ arguments: ParsedArguments) throws(UsageError) -> Repeats {
        guard arguments[restarts] <= arguments[rounds] else {
            throw UsageError(
                "--restarts \(arguments[restarts]) is more than --repeat \(arguments[rounds]): each session of an agent has at least one round."
            )
        }
        return Repeats(
            rounds: arguments[rounds], seed: UInt64(arguments[orderSeed]), restarts: arguments[restarts])
    }

    /// A job must be able to last as long as it shall be timed.
    private static func limitTime(_ arguments: ParsedArguments, _ settings: inout RunSettings) throws {
        settings.timeLimitNs = arguments[timeLimit] ?? settings.timeLimitNs + settings.minDurationNs
        guard settings.timeLimitNs > settings.minDurationNs else {
            throw UsageError(
                "--time-limit stops every job before its minimum time has passed: raise it, or leave it out")
        }
        do { try settings.check() } catch { throw UsageError(error.message) }
    }

    private static func idleCondition(_ arguments: ParsedArguments) -> IdleCondition? {
        guard arguments[coolDown] != nil || arguments[settle] else { return nil }
        return IdleCondition(
            celsius: arguments[coolDown], idle: arguments[settle], limitNs: arguments[settleLimit])
    }

    // MARK: Surroundings

    /// The folder local agents keep their files in, after the XDG base directory specification.
    static func agentFolder() -> String {
        let environment = Program.environment
        let state = environment["XDG_STATE_HOME"] ?? "\(environment["HOME"] ?? ".")/.local/state"
        return "\(state)/harness/agent"
    }
}
