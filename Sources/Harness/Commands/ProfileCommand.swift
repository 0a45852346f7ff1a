import AgentAPI
import CommandParser
import Coordinator
import FoundationEssentials
import Report
import Store

/// `harness profile`
enum ProfileCommand: Command {
    static let bundles = Option.list(
        "bundle", .directory(),
        "Bundles to profile, and those of “python -m unet roofline”, which measure the peaks of their targets. Takes several."
    )
    static let calls = Option.one("calls", .integer(in: 1...10_000), default: 30, "Profiled calls of each module.")
    static let warmUp = Option.one(
        "warm-up-calls", .integer(in: 1...1_000_000), default: 50, "Maximum number of calls before them.")
    static let timeLimit = Option.one(
        "time-limit", .duration(), default: 900_000_000_000, shown: "15m", "A job is stopped after this.")
    static let spec = CommandSpec(
        name: "profile", summary: "time a module's functions one by one, and set them against the board's roofline",
        discussion: """
            TVM's virtual machine reports when each function of a module begins and ends. How long each takes, how often it is called, \
            and what it computes goes into the database, apart from the runs: profiled calls never count as timed ones. A report then \
            shows where the time goes.

            With a target's roofline bundle the board's peaks are measured right before, on as many threads, and each function is shown \
            as a share of what they allow.
            """,
        parameters: [
            bundles, Shared.targets, Shared.target, Shared.database, calls, warmUp, Shared.threads, timeLimit,
            Shared.runner,
        ],
        examples: [
            .init("python -m unet roofline --target x86", "build the bundle that measures the peaks, once"),
            .init("harness profile --bundle build/bundles/* --target x86", "profile every module for this machine"),
        ])

    static func run(_ arguments: ParsedArguments) async throws -> ExitCode {
        let request: DispatchRequest
        do { request = try self.request(arguments) } catch let error as InputError {
            Terminal.error("harness profile: \(error)")
            return .usage
        }
        let store = try ResultsStore(path: arguments[Shared.database], mode: .readWrite)
        let agents = LocalAgents(
            executable: OwnProgram.sibling("harness-agent"), folder: DispatchCommand.agentFolder(),
            runners: arguments[Shared.runner])
        let session = ProfileSession(request, store: store, localAgents: agents) { Terminal.line("\($0): \($1)") }
        guard let outcomes = try await Interruption.value(of: { try await session.run() }) else {
            Terminal.error("Interrupted. Finished profiles are stored.")
            return .interrupted
        }
        for outcome in outcomes { show(outcome) }
        await store.close()
        return outcomes.contains { if case .failure = $0.profile { true } else { false } } ? .failed : .done
    }

    private static func request(_ arguments: ParsedArguments) throws -> DispatchRequest {
        guard !arguments[bundles].isEmpty else {
            throw UsageError("--bundle is missing: which modules are to be profiled?")
        }
        let fleet = try Fleet(path: arguments[Shared.targets])
        let targets = try fleet.targets(named: arguments[Shared.target])
        let folders = try arguments[bundles].map { try BundleFolder(folder: $0) }
        let names = Set(targets.map(\.name))
        guard
            folders.contains(where: {
                names.contains($0.manifest.target.name) && $0.manifest.variant != ProfileSession.roofline
            })
        else {
            throw InputError("no bundle to profile is compiled for \(names.sorted().joined(separator: ", ")).")
        }
        let settings = RunSettings {
            ($0.warmUpMaxCalls, $0.threads) = (arguments[warmUp], arguments[Shared.threads])
            ($0.timeLimitNs, $0.profileCalls) = (arguments[timeLimit], arguments[calls])
        }
        return DispatchRequest(fleet: fleet, targets: targets, bundles: folders, settings: settings)
    }

    private static func show(_ outcome: ProfileSession.Outcome) {
        let title = "\(outcome.target) · \(outcome.bundle.manifest.variant)"
        let blocks: [Block] =
            switch outcome.profile {
            case .success(let profile): ProfilePage.blocks(profile, title: title)
            case .failure(let failure): [.group(title, [.paragraph(failure.description)])]
            }
        Terminal.write("\n" + TerminalRenderer.render(blocks))
    }
}
