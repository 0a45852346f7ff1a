import Dispatch
import Glibc

/// Ctrl-C and SIGTERM.
enum Interruption {
    /// What `work` gives; until then `tick` is called five times a second, and a signal cancels the work.
    static func value<Success: Sendable>(
        of work: Task<Success, any Error>, tick: @escaping @Sendable () -> Void
    ) async throws -> Success {
        let ticker = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: .milliseconds(200))
                tick()
            }
        }
        let signals = cancels(work)
        defer {
            ticker.cancel()
            signals.forEach { $0.cancel() }
        }
        return try await work.value
    }

    /// Both cancel the task; a second one ends the program at once. Holds as long as the sources are kept.
    private static func cancels<Success>(_ task: Task<Success, any Error>) -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler {
                task.cancel()
                signal(number, SIG_DFL)
            }
            source.resume()
            return source
        }
    }
}
