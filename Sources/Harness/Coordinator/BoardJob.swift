import AgentClient
import AgentAPI

/// One job on a board outside a dispatch, of which nothing is stored here.
struct BoardJob: Sendable {
    let client: AgentClient
    let device: String

    /// Pushes `bundle`, runs it as job `id` and passes on each event; throws `Failure` if the job cannot start.
    func run(
        _ bundle: BundleFolder, id: String, settings: RunSettings, _ info: AgentInfo,
        onEvent: (JobEvent) -> Void
    ) async throws {
        let preflight = Preflight(bundle: bundle.manifest, info: info, device: device)
        if let objection = preflight.objections.first { throw objection }
        _ = try await Pusher(client: client).push(bundle, nil)
        do {
            let request = JobRequest(
                id: id, bundle: bundle.manifest, datasetSha256: nil, device: device, settings: settings)
            _ = try await client.submit(request)
            for try await event in client.events(id) { onEvent(event) }
            try Task.checkCancellation()
        } catch {
            // A job that nobody waits for must not occupy the board.
            if Task.isCancelled { await Task.detached { _ = try? await client.cancel(id) }.value }
            throw error
        }
    }
}
