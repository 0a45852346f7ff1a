import AgentAPI
import Coordinator
import POSIX
import Text

/// How far a search is: one line.
struct TuningProgress: LiveProgress {
    /// How long the search may take, for its countdown; nil without a limit.
    var budgetNs: Int64?
    private var target = ""
    /// As planned; as the last step says, from a search that reports its steps.
    private var total = 0
    private(set) var done = 0
    private var unit = "candidates"
    private var current = ""
    private var best: [String: Int64] = [:]
    private var bestOfCurrent: Double?
    private var connectedAt: Int64?
    private var plannedAt: Int64?

    init(budgetNs: Int64? = nil) { self.budgetNs = budgetNs }

    mutating func add(_ event: TuningEvent) { add(event, at: MonotonicClock.now()) }

    func lines() -> [String] { line(at: MonotonicClock.now(), budgetNs: budgetNs).map { [$0] } ?? [] }

    /// A line for every candidate would push away what matters.
    func isLasting(_ event: TuningEvent) -> Bool { if case .measured = event.content { false } else { true } }

    /// Takes one event, at `now` by the monotonic clock.
    mutating func add(_ event: TuningEvent, at now: Int64) {
        target = event.target
        switch event.content {
        case .connected: connectedAt = now
        case .planned(let candidates, _):
            total = candidates
            plannedAt = plannedAt ?? now
        case .step(let step):
            (unit, done, total, bestOfCurrent) = ("layers", step.done, step.total, step.bestNs)
            if current.isEmpty || !current.hasPrefix(step.layer) { current = step.layer }
        case .measuring(let request):
            current = request.what
            if unit == "candidates" { bestOfCurrent = best[request.layer].map(Double.init) }
        case .measured(let request, let times):
            best[request.layer] = min(best[request.layer] ?? .max, times.medianNs)
            countCandidate()
        case .unmeasured: countCandidate()
        case .notice, .chosen, .finished: break
        }
    }

    /// A search that reports its steps counts otherwise: it does not know beforehand how many candidates there will be.
    private mutating func countCandidate() { if unit == "candidates" { done = min(done + 1, max(total, done)) } }

    /// The line that stands while the search goes on; nil before the board has answered.
    func line(at now: Int64, budgetNs: Int64?) -> String? {
        guard let connectedAt else { return nil }
        guard total > 0 else { return "\(target)  preparing the search \((now - connectedAt) / 1_000_000_000) s" }
        let share = min(1, Double(done) / Double(total))
        var text = "\(target)  \(Self.bar(share)) \(done)/\(total) \(unit)"
        if let left = secondsLeft(at: now, budgetNs: budgetNs) { text += ", \(Format.remaining(seconds: left)) left" }
        guard !current.isEmpty else { return text }
        return "\(text)  \(current)" + (bestOfCurrent.map { " (best so far \(Format.duration($0)))" } ?? "")
    }

    private func secondsLeft(at now: Int64, budgetNs: Int64?) -> Double? {
        guard let plannedAt, let connectedAt, done > 0 else { return nil }
        let left = Double(now - plannedAt) / Double(done) * Double(max(0, total - done))
        let bound = budgetNs.map { Double(max(0, $0 - (now - connectedAt))) } ?? .infinity
        return min(left, bound) / 1e9
    }

    /// An event as a line that stays.
    func sentence(_ event: TuningEvent) -> String? {
        switch event.content {
        case .connected(let info):
            return "\(target): \(info.board.title), \(info.board.cores) cores\(info.emulated ? ", emulated" : "")"
        case .planned(let candidates, let measured):
            let earlier = measured > 0 ? "; \(measured) more measured earlier" : ""
            return "\(target): \(candidates) to measure\(earlier)"
        case .notice(let message): return "\(target): \(message)"
        case .measuring, .step: return nil
        case .measured(let request, let times):
            let slowed = times.throttling.map { ", slowed: \($0)" } ?? ""
            let isBest = best[request.layer] == times.medianNs ? ", best so far" : ""
            return "\(target): \(place)\(request.what): \(Format.duration(times.medianNs))\(isBest)\(slowed)"
        case .unmeasured(let request, let failure):
            return "\(target): \(place)\(request.what): skipped: \(failure)"
        case .chosen(let chosen):
            let gain = chosen.defaultNs.map { Format.ratio($0 / chosen.ns) }
            let against =
                gain.map { $0 == Format.ratio(1) ? ", as fast as the default" : ", \($0) as fast as the default" } ?? ""
            return "\(target): \(chosen.layer): \(chosen.kernel), \(Format.duration(chosen.ns))\(against)"
        case .finished(let summary):
            var text =
                "\(target): \(summary.database): \(summary.entries) entries; \(summary.measured) candidates measured"
            if summary.unmeasured > 0 { text += ", \(summary.unmeasured) failed on the board" }
            if summary.slowed > 0 { text += "; the board was slowed during \(summary.slowed)" }
            return text
        }
    }

    private var place: String { total > 0 ? "\(done)/\(total) " : "" }
}
