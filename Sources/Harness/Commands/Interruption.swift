import Dispatch
import Glibc

/// Ctrl-C and SIGTERM.
enum Interruption {
    /// Both cancel the task; a second one ends the program at once. Holds as long as the sources are kept.
    static func cancels<Success>(_ task: Task<Success, any Error>) -> [any DispatchSourceSignal] {
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
