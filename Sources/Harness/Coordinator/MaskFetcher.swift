import AgentClient
import AgentAPI
import Store

/// Fetches from a board the predicted masks that no run in the database has yet: most boards agree on most of them.
struct MaskFetcher: Sendable {
    let client: AgentClient
    let store: ResultsStore

    /// The new ones of `masks`, which are in the order of the data set. What cannot be had is left out: digests tell that it differs.
    func masks(_ masks: [(score: SliceScore, png: SHA256Digest)]) async throws -> [PredictedMask] {
        let known = try await store.knownMasks(among: Set(masks.map(\.score.maskSha256.hex)))
        var new: [PredictedMask] = []
        var fetched: Set<SHA256Digest> = []
        for (position, mask) in masks.enumerated() where !known.contains(mask.score.maskSha256.hex) {
            guard fetched.insert(mask.png).inserted, let png = try? await client.blob(mask.png) else { continue }
            new.append(PredictedMask(position: position, png: png))
        }
        return new
    }
}
