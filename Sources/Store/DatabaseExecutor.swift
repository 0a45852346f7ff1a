import Dispatch

/// A serial executor on a queue of its own: SQLite blocks, and the cooperative pool must not.
final class DatabaseExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "harness.store")

    func enqueue(_ job: UnownedJob) {
        let executor = asUnownedSerialExecutor()
        queue.async { job.runSynchronously(on: executor) }
    }
}
