import AgentAPI
import Glibc
import POSIX

/// What the end of a runner's process means for its job.
struct RunnerExit {
    let exit: Subprocess.Ending
    /// The `done` or `failed` it sent.
    let lastEvent: RunnerEvent?
    let hasUnfinishedLine: Bool
    /// The end of its standard error.
    let errors: [UInt8]
    let memoryLimitBytes: Int?

    /// How the job ends.
    var ending: RunnerProcess.Ending { failure.map { .init(state: .failed, failure: $0) } ?? .init(state: .succeeded) }

    private var failure: Failure? {
        if let signal = exit.signal { return killed(by: signal) }
        if case .failed(let failure) = lastEvent { return failure }
        guard exit.status == 0 else {
            return Failure(.runnerExited, "the runner exited with status \(exit.status ?? 0).\(errorText)")
        }
        guard case .done = lastEvent, !hasUnfinishedLine else {
            return Failure(.runnerProtocol, "the runner exited with status 0 without a “done” event.\(errorText)")
        }
        return nil
    }

    private var errorText: String {
        errors.isEmpty ? "" : " Its standard error ends with \(excerpt(errors.suffix(600)))"
    }

    private func killed(by signal: Int32) -> Failure {
        let peak = exit.maxResidentBytes
        switch signal {
        case SIGKILL:
            return Failure(
                .outOfMemory,
                "the system killed the runner at \(peak >> 20) MiB, most likely for lack of memory: use a smaller variant or close other programs."
            )
        case SIGILL:
            return Failure(
                .runnerCrashed,
                "SIGILL: the module uses an instruction this CPU does not have: compile with the board's -mcpu.\(errorText)"
            )
        default:
            // A runner that hits its limit usually dies on the null pointer it got.
            if let limit = memoryLimitBytes, peak > limit / 2 {
                return Failure(
                    .outOfMemory,
                    "the runner died of \(Self.name(signal)) at \(peak >> 20) MiB with a limit of \(limit >> 20) MiB: raise --memory-limit."
                )
            }
            return Failure(.runnerCrashed, "the runner died of \(Self.name(signal)) at \(peak >> 20) MiB.\(errorText)")
        }
    }

    private static func name(_ signal: Int32) -> String {
        let names = [SIGSEGV: "SIGSEGV", SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGTERM: "SIGTERM"]
        return "\(names[signal] ?? "signal \(signal)") (\(String(cString: strsignal(signal))))"
    }
}

/// At most 200 characters of text, control characters made visible.
func excerpt(_ bytes: some Collection<UInt8>) -> String {
    let text = String(decoding: bytes.prefix(600), as: UTF8.self)
    let shown = text.unicodeScalars.prefix(200).map { scalar in
        scalar.value >= 0x20 && scalar.value != 0x7F ? String(scalar) : scalar == "\n" ? " ⏎ " : "·"
    }
    return "“\(shown.joined())\(text.unicodeScalars.count > 200 ? "…" : "")”"
}
