import AgentClient
import AgentAPI
import Store

/// Fetches from a board the predicted masks that no run in the database has yet: most boards agree on most of them.
struct MaskFetcher: Sendable {
    let client: AgentClient
    let store: ResultsStore

    /// The new masks of `slices`, which are in the order of the data set. What cannot be had is left out: digests show that it differs.
    func masks(_ slices: [SliceScore]) async throws -> [PredictedMask] {
        let known = try await store.knownMasks(among: Set(slices.map(\.maskSha256)))
        var new: [PredictedMask] = []
        var fetched: Set<SHA256Digest> = []
        for (position, slice) in slices.enumerated() where !known.contains(slice.maskSha256) {
            guard let png = slice.pngSha256, fetched.insert(png).inserted, let bytes = try? await client.blob(png)
            else { continue }
            new.append(PredictedMask(position: position, png: bytes))
        }
        return new
    }
}
