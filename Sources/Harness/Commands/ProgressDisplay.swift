import JSON
import AgentAPI
import Coordinator
import Store
import Text
import Synchronization

/// Shows a dispatch: one live line per target on a terminal, plain lines when piped, or one JSON object per event.
final class ProgressDisplay: Sendable {
    enum Style: Sendable {
        case live
        case plain
        case json
    }

    private struct Line {
        var bundle = ""
        var round = ""
        var doing = "connecting"
        var phase: RunPhase?
        var since = ContinuousClock.now
        var done = 0
        var total = 0
    }

    private struct State {
        var lines: [String: Line] = [:]
        var order: [String] = []
        var drawn = 0
        var ended = 0
        var runs = 0
    }

    private let style: Style
    private let timedSeconds: Double
    private let state = Mutex(State())

    /// A display; `timedNs` is how long the timed phase is to last, for its countdown.
    init(style: Style, timedNs: Int64) {
        self.style = style
        timedSeconds = Double(timedNs) / 1e9
    }

    /// Takes one event, from any thread.
    func show(_ event: DispatchEvent) {
        switch style {
        case .json: if let bytes = try? WireJSON.encode(event) { Terminal.write(bytes + [UInt8(ascii: "\n")]) }
        case .plain: if let text = Self.sentence(event) { Terminal.line(text) }
        case .live:
            state.withLock { state in
                Self.apply(event, to: &state)
                erase(&state)
                if let text = Self.lasting(event) { Terminal.line(text) }
                draw(&state)
            }
        }
    }

    /// Draws again, so that clocks go on between events.
    func tick() {
        guard style == .live else { return }
        state.withLock { state in
            erase(&state)
            draw(&state)
        }
    }

    /// Removes the live lines.
    func close() {
        guard style == .live else { return }
        state.withLock { state in
            state.lines = [:]
            erase(&state)
        }
    }

    // MARK: Live lines

    private func erase(_ state: inout State) {
        guard state.drawn > 0 else { return }
        Terminal.write("\u{1B}[\(state.drawn)A\u{1B}[J")
        state.drawn = 0
    }

    private func draw(_ state: inout State) {
        let width = Terminal.width
        let names = state.order.filter { state.lines[$0] != nil }
        let longest = names.map(\.count).max() ?? 0
        for name in names {
            guard let line = state.lines[name] else { continue }
            let padded = name + String(repeating: " ", count: longest - name.count)
            Terminal.line(String("\(padded)  \(describe(line))".prefix(width - 1)))
            state.drawn += 1
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

    static func bar(_ share: Double) -> String {
        let full = Int(share * 20)
        return String(repeating: "█", count: full) + String(repeating: "░", count: 20 - full)
    }

    private static func apply(_ event: DispatchEvent, to state: inout State) {
        if case .planned(_, let runs, _) = event.content { state.runs = runs }
        guard let target = event.target else { return }
        if !state.order.contains(target) { state.order.append(target) }
        var line = state.lines[target] ?? Line()
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
        case .ended:
            state.ended += 1
            begin("stored")
        case .unusable:
            state.lines[target] = nil
            return
        default: break
        }
        state.lines[target] = line
    }

    /// What stays on the terminal above the live lines.
    private static func lasting(_ event: DispatchEvent) -> String? {
        switch event.content {
        case .ended, .unusable, .notice, .planned: sentence(event)
        default: nil
        }
    }

    // MARK: Plain lines

    private static func sentence(_ event: DispatchEvent) -> String? {
        let place = [event.target, event.bundle].compactMap(\.self).joined(separator: " · ")
        switch event.content {
        case .planned(let dispatch, let runs, let open):
            let rest = open == runs ? "" : ", \(open) still to do"
            return "dispatch \(dispatch): \(Format.count(runs, "run"))\(rest)"
        case .notice(let message): return place.isEmpty ? message : "\(place): \(message)"
        case .connected(let info):
            return
                "\(place): \(info.board.title), \(info.board.cores) cores\(info.emulated ? ", emulated" : "")"
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
