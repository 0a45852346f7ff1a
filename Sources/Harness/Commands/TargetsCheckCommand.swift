import AgentClient
import AgentAPI
import CommandParser
import Coordinator
import Dispatch
import FoundationEssentials
import POSIX
import Text

/// `harness targets check`
enum TargetsCheckCommand: Command {
    static let bundles = Option.list(
        "bundle", .directory(), "Bundles to compare with the boards they are compiled for: does each fit?")
    static let spec = CommandSpec(
        name: "check", summary: "contact every agent, show its board's facts, and what is wrong",
        discussion:
            "A target whose agent is \"local\" is checked by starting one. The exit status is 1 if any target has a problem.",
        parameters: [Shared.targets, Shared.target, bundles, Shared.runner],
        examples: [.init("harness targets check --bundle build/bundles/*", "before a dispatch: what would be refused?")]
    )

    private struct Answer: Sendable {
        var target: Fleet.Target
        var info: AgentInfo?
        var problems: [String]
    }

    static func run(_ arguments: ParsedArguments) async throws -> ExitCode {
        let fleet: Fleet
        let targets: [Fleet.Target]
        let folders: [BundleFolder]
        do {
            fleet = try Fleet(path: arguments[Shared.targets])
            targets = try fleet.targets(named: arguments[Shared.target])
            folders = try arguments[bundles].map { (folder) throws(InputError) in try BundleFolder(folder: folder) }
        } catch {
            Terminal.error("harness targets check: \(error)")
            return .usage
        }
        let runners = arguments[Shared.runner]
        let answers = await withTaskGroup(of: (Int, Answer).self) { group in
            for (index, target) in targets.enumerated() {
                let meant = folders.map(\.manifest).filter { $0.target.name == target.name }
                group.addTask { (index, await ask(target, fleet, meant, runners)) }
            }
            var answers: [(Int, Answer)] = []
            for await answer in group { answers.append(answer) }
            return answers.sorted { $0.0 < $1.0 }.map(\.1)
        }
        let columns: [Table.Column] = [
            .text("TARGET"), .text("AGENT"), .text("CPU"), .number("CORES"), .number("MEMORY"), .text("TVM"),
            .text("RUNNERS"), .text("STATE"),
        ]
        Terminal.write(Terminal.table(columns, answers.map(row)))
        for answer in answers {
            for problem in answer.problems { Terminal.line("\(answer.target.name): \(problem)") }
        }
        let names = Set(targets.map(\.name))
        let others = folders.map(\.manifest).filter { !names.contains($0.target.name) }
        for bundle in others {
            Terminal.line(
                "bundle \(bundle.name): not compared: it is for target “\(bundle.target.name)”, which is not among these"
            )
        }
        let comparedNone = !folders.isEmpty && others.count == folders.count
        return answers.allSatisfy(\.problems.isEmpty) && !comparedNone ? .done : .failed
    }

    private static func row(_ answer: Answer) -> [String] {
        guard let info = answer.info else {
            let unknown = Array(repeating: Format.unknown, count: 5)
            return [answer.target.name, answer.target.agent] + unknown + ["unreachable"]
        }
        let state = (answer.problems.isEmpty ? "ready" : "has a problem") + (info.emulated ? ", emulated" : "")
        return [
            answer.target.name, answer.target.agent, info.board.title, "\(info.board.cores)",
            Format.bytes(info.board.memoryBytes), info.tvm?.version ?? Format.unknown,
            info.runners.joined(separator: " "), state,
        ]
    }

    private static func ask(
        _ target: Fleet.Target, _ fleet: Fleet, _ bundles: [BundleManifest], _ runners: [String]
    ) async -> Answer {
        do {
            guard target.isLocal else { return try await examine(target, target.client(in: fleet), bundles) }
            let folder = "\(FileManager.default.temporaryDirectory.path)/harness-check-\(UUID().uuidString)"
            defer { Folder.remove(folder) }
            let program = OwnProgram.sibling("harness-agent")
            let agent: LocalAgent = try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async {
                    continuation.resume(
                        with: Result { try LocalAgent(executable: program, folder: folder, runners: runners) })
                }
            }
            defer { agent.stop() }
            return try await examine(target, AgentClient(address: agent.address), bundles)
        } catch {
            return Answer(target: target, info: nil, problems: ["\(error)"])
        }
    }

    private static func examine(
        _ target: Fleet.Target, _ client: AgentClient, _ bundles: [BundleManifest]
    ) async throws -> Answer {
        let info = try await client.info()
        var problems: [String] = []
        if let problem = info.runtimeProblem { problems.append(problem) }
        if !info.devices.contains(where: { $0.name == target.device }) {
            let names = info.devices.map(\.name).joined(separator: ", ")
            problems.append("targets.json says device \(target.device), the board has \(names).")
        }
        if let triple = target.tvm["mtriple"]?.string, !triple.hasPrefix(info.board.architecture) {
            problems.append("targets.json compiles for \(triple), the board is \(info.board.architecture).")
        }
        for bundle in bundles {
            // What is wrong with the board for any bundle is among the problems already.
            let objections = Preflight(bundle: bundle, info: info, device: target.device).objections.filter {
                ![.tvmMissing, .deviceMissing].contains($0.code)
            }
            problems += objections.map { "bundle \(bundle.name): \($0)" }
        }
        return Answer(target: target, info: info, problems: problems)
    }
}
