import Glibc
import POSIX

/// SIGTERM and SIGINT, turned into something that the agent waits for.
///
/// A handler instead of `sigwait`: Dispatch's threads do not keep to a mask set before they start.
enum StopSignal {
    /// Set off when the agent is to stop.
    static let wakeup: Wakeup = {
        guard let wakeup = try? Wakeup() else { preconditionFailure("no pipe for signals") }
        return wakeup
    }()

    /// From now on these signals set `wakeup` off.
    static func install() {
        _ = wakeup
        for number in [SIGTERM, SIGINT] { signal(number) { _ in StopSignal.wakeup.signal() } }
    }
}
