import Dispatch
import Glibc

/// Ctrl-C and SIGTERM.
enum Interruption {
    /// What `work` returns, or nil if a signal cancelled it; until then `tick` is called five times a second.
    static func value<Success: Sendable>(
        of work: @escaping @Sendable () async throws -> Success, tick: @escaping @Sendable () -> Void = {}
    ) async throws -> Success? {
        let work = Task(operation: work)
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
        do { return try await work.value } catch {
            if work.isCancelled { return nil }
            throw error
        }
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
