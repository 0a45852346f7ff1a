import AgentAPI
import Coordinator
import Store
import Text

/// How far a dispatch is: one line per target.
struct DispatchProgress: LiveProgress {
    private struct Line {
        var bundle = ""
        var round = ""
        var doing = "connecting"
        var phase: RunPhase?
        var since = ContinuousClock.now
        var done = 0
        var total = 0
    }

    private let timedSeconds: Double
    private var targets: [String: Line] = [:]
    private var order: [String] = []

    /// `timedNs` is how long the timed phase is to last, for its countdown.
    init(timedNs: Int64) { timedSeconds = Double(timedNs) / 1e9 }

    func lines() -> [String] {
        let shown = order.compactMap { name in targets[name].map { (name: name, line: $0) } }
        let longest = shown.map(\.name.count).max() ?? 0
        return shown.map { name, line in
            name + String(repeating: " ", count: longest - name.count) + "  " + describe(line)
        }
    }

    private func describe(_ line: Line) -> String {
        let elapsed = (ContinuousClock.now - line.since).components
        let seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
        var text = "\(line.bundle)\(line.round)\(line.bundle.isEmpty ? "" : "  ")\(line.doing)"
        if line.total > 0 {
            let left = line.done > 0 ? seconds / Double(line.done) * Double(line.total - line.done) : nil
            text += " \(Self.bar(Double(line.done) / Double(line.total))) \(line.done)/\(line.total)"
            if let left { text += ", \(Format.remaining(seconds: left)) left" }
        } else if line.phase == .timed {
            text += " \(Self.bar(min(1, seconds / max(timedSeconds, 0.001))))"
            text += seconds < timedSeconds ? " \(Format.remaining(seconds: timedSeconds - seconds)) left" : " finishing"
        } else if seconds >= 1 {
            text += " \(Int(seconds)) s"
        }
        return text
    }

    mutating func add(_ event: DispatchEvent) {
        guard let target = event.target else { return }
        if !order.contains(target) { order.append(target) }
        var line = targets[target] ?? Line()
        line.bundle = event.bundle ?? line.bundle
        func begin(_ doing: String, _ phase: RunPhase? = nil) {
            line.doing = doing
            line.phase = phase
            line.since = .now
            (line.done, line.total) = (0, 0)
        }
        switch event.content {
        case .connected: begin("connected")
        case .runStarted(let round, let rounds):
            line.round = rounds > 1 ? " (round \(round) of \(rounds))" : ""
            begin("sending")
        case .pushed: begin("waiting for the board")
        case .phase(let phase): begin(phase.rawValue, phase)
        case .progress(_, let done, let total): (line.done, line.total) = (done, total)
        case .ended: begin("stored")
        case .unusable:
            targets[target] = nil
            return
        default: break
        }
        targets[target] = line
    }

    func isLasting(_ event: DispatchEvent) -> Bool {
        switch event.content {
        case .ended, .unusable, .notice, .planned: true
        default: false
        }
    }

    func sentence(_ event: DispatchEvent) -> String? {
        let place = [event.target, event.bundle].compactMap(\.self).joined(separator: " · ")
        switch event.content {
        case .planned(let dispatch, let runs, let open):
            let rest = open == runs ? "" : ", \(open) still to do"
            return "dispatch \(dispatch): \(Format.count(runs, "run"))\(rest)"
        case .notice(let message): return place.isEmpty ? message : "\(place): \(message)"
        case .connected(let info):
            return "\(place): \(info.board.title), \(info.board.cores) cores\(info.emulated ? ", emulated" : "")"
        case .unusable(let failure): return "\(place): cannot be used: \(failure)"
        case .pushed(let sentFiles, let sentBytes, let skippedFiles, _, let moduleBytes):
            let module = moduleBytes == 0 ? "module already there" : "module \(Format.bytes(moduleBytes))"
            return
                "\(place): sent \(sentFiles) files, \(Format.bytes(sentBytes)) (\(module)); \(skippedFiles) already there"
        case .phase(let phase): return "\(place): \(phase.rawValue)"
        case .ended(let outcome, let run, let failure, let medianNs, _, _):
            let median = medianNs.map { ", median \(Format.duration($0))" } ?? ""
            return "\(place): \(outcome.rawValue)\(median), stored as run \(run)" + (failure.map { ": \($0)" } ?? "")
        case .runStarted(let round, let rounds): return rounds > 1 ? "\(place): round \(round) of \(rounds)" : nil
        case .progress, .finished: return nil
        }
    }
}
