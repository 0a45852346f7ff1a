import AgentAPI

/// Something an agent needs, and what was found of it.
public struct Finding: Codable, Hashable, Sendable {
    /// What came of the check.
    public enum CheckStatus: String, Codable, Hashable, Sendable {
        /// As it should be.
        case ok
        /// Worth knowing; the agent can serve.
        case note
        /// The agent cannot serve, or could not run a job.
        case problem
    }

    /// What was checked, in one word.
    public var check: String
    /// What came of it.
    public var verdict: CheckStatus
    /// What was found.
    public var detail: String
    /// What to do; nil where nothing is to be done.
    public var remedy: String?

    static func ok(_ check: String, _ detail: String) -> Finding { .init(check: check, verdict: .ok, detail: detail) }

    static func note(_ check: String, _ detail: String, remedy: String? = nil) -> Finding {
        .init(check: check, verdict: .note, detail: detail, remedy: remedy)
    }

    static func problem(_ check: String, _ detail: String, remedy: String) -> Finding {
        .init(check: check, verdict: .problem, detail: detail, remedy: remedy)
    }
}

/// Everything that was found, as `harness-agent doctor --json` prints it.
public struct Diagnosis: Codable, Hashable, Sendable {
    /// Whether the agent can serve and run a job: no finding is a problem.
    public var canServe: Bool
    /// All findings, in the order of the checks.
    public var findings: [Finding]

    init(_ findings: [Finding]) {
        self.findings = findings
        canServe = findings.allSatisfy { $0.verdict != .problem }
    }

    /// A line a finding, its remedy below it.
    public var text: String {
        var lines = findings.flatMap { finding in
            let head = Self.padded(finding.verdict.rawValue, 9) + Self.padded(finding.check, 13)
            return [head + finding.detail] + (finding.remedy.map { [Self.padded("", 22) + "→ \($0)"] } ?? [])
        }
        let problems = findings.filter { $0.verdict == .problem }.count
        lines.append(
            canServe
                ? "This agent can serve."
                : "This agent cannot serve: \(problems) \(problems == 1 ? "problem" : "problems").")
        return lines.joined(separator: "\n")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

/// Examines what an agent with this configuration would find, without changing anything.
public struct Doctor: Sendable {
    let configuration: AgentConfiguration
    let credentials: CredentialFiles

    /// A doctor for the agent that `configuration` and `credentials` describe.
    public init(_ configuration: AgentConfiguration, credentials: CredentialFiles) {
        (self.configuration, self.credentials) = (configuration, credentials)
    }

    /// Runs all checks. Loads TVM in a process of its own, and takes the port for a moment.
    public func examine() -> Diagnosis { Diagnosis(board + [dataFolder] + runners + [tvm, cuda] + secrets + [port]) }

    private var board: [Finding] {
        let facts = BoardFacts(root: configuration.factsRoot)
        let board = facts.read()
        let glibc = board.glibc.map { ", glibc \($0)" } ?? ""
        var parts = [board.cpuModel ?? board.architecture, "\(board.cores) \(board.cores == 1 ? "core" : "cores")"]
        if let bytes = board.memoryBytes { parts.append("\(bytes >> 20) MiB") }
        parts += [board.osName, "kernel \(board.kernel)", board.hypervisor.map { "in \($0)" }].compactMap(\.self)
        return [
            .ok("program", "harness-agent \(HarnessVersion.current) for \(board.architecture)\(glibc)"),
            .ok("board", parts.joined(separator: ", ")),
            facts.isEmulated(environment: configuration.emulated)
                ? .note("emulation", "this CPU is emulated: modules run, but their times are meaningless")
                : .ok("emulation", "none"),
        ] + [limits(facts.root)].compactMap(\.self)
    }

    /// Raspberry Pi's kernels do not account for memory unless configured to, and systemd then ignores memory limits.
    private func limits(_ root: FactsRoot) -> Finding? {
        guard let controllers = root.text("/sys/fs/cgroup/cgroup.controllers")?.split(separator: " "),
            !controllers.contains("memory")
        else { return nil }
        return .note(
            "limits", "this kernel does not limit memory: the unit's MemoryMax and MemorySwapMax have no effect",
            remedy:
                "On a Raspberry Pi add cgroup_enable=memory to /boot/firmware/cmdline.txt and reboot; swapoff -a before measuring."
        )
    }
}
