import AgentClient
import AgentAPI
import FoundationEssentials
import Store

/// Executes a stored plan: all targets at once, each with its own queue.
public struct DispatchSession: Sendable {
    private let request: DispatchRequest
    private let store: ResultsStore
    private let localAgents: LocalAgents
    private let report: @Sendable (DispatchEvent) -> Void

    /// A session that stores in `store` and calls `report` with each event, from any thread.
    public init(
        _ request: DispatchRequest, store: ResultsStore, localAgents: LocalAgents,
        report: @escaping @Sendable (DispatchEvent) -> Void
    ) { (self.request, self.store, self.localAgents, self.report) = (request, store, localAgents, report) }

    /// Executes the open runs of dispatch `id`; returns how many succeeded and failed. Cancelling the task leaves the rest open.
    ///
    /// A target's failure is stored and does not stop the others; only an error of the database does.
    public func run(dispatch id: String, total: Int) async throws -> (succeeded: Int, failed: Int) {
        let open = try await store.openRuns(ofDispatch: id)
        report(DispatchEvent(.planned(dispatch: id, runs: total, open: open.count)))
        let counts = try await withThrowingTaskGroup(of: (succeeded: Int, failed: Int).self) { group in
            for target in request.targets {
                let runs = open.filter { $0.planned.targetName == target.name }
                guard !runs.isEmpty else { continue }
                let queue = TargetQueue(
                    target: target, runs: runs, dispatch: id, request: request, store: store, report: report)
                group.addTask { try await queue.run(localAgents: localAgents) }
            }
            return try await group.reduce((0, 0)) { ($0.0 + $1.succeeded, $0.1 + $1.failed) }
        }
        try Task.checkCancellation()
        try await store.summariseRepeats(ofDispatch: id)
        report(DispatchEvent(.finished(succeeded: counts.0, failed: counts.1)))
        return (counts.0, counts.1)
    }
}
