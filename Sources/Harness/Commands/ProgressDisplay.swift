import JSON
import Synchronization
import Text

/// How far some work is, as text; it knows nothing of terminals.
protocol LiveProgress: Sendable {
    /// What the work reports.
    associatedtype Event: Encodable

    mutating func add(_ event: Event)
    /// Lines that are drawn anew while the work goes on.
    func lines() -> [String]
    /// An event as a line that stays; nil where there is nothing to say.
    func sentence(_ event: Event) -> String?
    /// Whether that line is worth its place above the live ones.
    func isLasting(_ event: Event) -> Bool
}

extension LiveProgress {
    static func bar(_ share: Double) -> String {
        let full = Int(share * 20)
        return String(repeating: "█", count: full) + String(repeating: "░", count: 20 - full)
    }
}

/// Shows progress: live lines on a terminal, plain lines when piped, or one JSON object per event.
final class ProgressDisplay<Progress: LiveProgress>: Sendable {
    private struct State {
        var progress: Progress
        var drawn = 0
        var isClosed = false
    }

    private let isJSON: Bool
    private let isLive: Bool
    private let state: Mutex<State>

    init(_ progress: sending Progress, isJSON: Bool) {
        (self.isJSON, isLive) = (isJSON, !isJSON && Terminal.isInteractive)
        state = Mutex(State(progress: progress))
    }

    /// Takes one event, from any thread.
    func show(_ event: Progress.Event) {
        redraw { state in
            if isJSON {
                if let bytes = try? WireJSON.encode(event) { Terminal.write(bytes + [UInt8(ascii: "\n")]) }
                return
            }
            state.progress.add(event)
            if !isLive || state.progress.isLasting(event), let text = state.progress.sentence(event) {
                Terminal.line(text)
            }
        }
    }

    /// What `work` returns, or nil if a signal interrupted it; clocks go on between events, and the live lines go when it ends.
    func value<Success: Sendable>(of work: @escaping @Sendable () async throws -> Success) async throws -> Success? {
        defer { redraw { $0.isClosed = true } }
        return try await Interruption.value(of: work) { self.redraw { _ in } }
    }

    /// Takes the live lines away for `change`, which may write lines that stay.
    private func redraw(_ change: (inout State) -> Void) {
        state.withLock { state in
            if state.drawn > 0 { Terminal.write("\u{1B}[\(state.drawn)A\u{1B}[J") }
            change(&state)
            let lines = isLive && !state.isClosed ? state.progress.lines() : []
            for line in lines { Terminal.line(String(line.prefix(Terminal.width - 1))) }
            state.drawn = lines.count
        }
    }
}
