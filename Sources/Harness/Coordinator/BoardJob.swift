import AgentClient
import AgentAPI

/// One job on a board that is not a run of a dispatch: nothing of it is stored here.
struct BoardJob: Sendable {
    let client: AgentClient
    let device: String

    /// Pushes `bundle`, has it run as job `id`, and hands over each event; throws a `Failure` if it never came to that.
    func run(
        _ bundle: BundleFolder, id: String, settings: RunSettings, _ info: AgentInfo,
        heard: (JobEvent) -> Void
    ) async throws {
        let preflight = Preflight(bundle: bundle.manifest, info: info, device: device)
        if let objection = preflight.objections.first { throw objection }
        _ = try await Pusher(client: client).push(bundle, nil)
        do {
            let request = JobRequest(
                id: id, bundle: bundle.manifest, datasetSha256: nil, device: device, settings: settings)
            _ = try await client.submit(request)
            for try await event in client.events(id) { heard(event) }
            try Task.checkCancellation()
        } catch {
            // What nobody waits for any more must not keep the board.
            if Task.isCancelled { await Task.detached { _ = try? await client.cancel(id) }.value }
            throw error
        }
    }
}
