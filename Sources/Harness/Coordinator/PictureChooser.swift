import POSIX
import AgentClient
import AgentAPI
import Statistics
import Store

/// Chooses the slices a report shows, and fetches their predicted masks from the board.
struct PictureChooser: Sendable {
    let client: AgentClient
    let dataset: DatasetFolder?

    private static let count = 6

    /// The chosen slices; one whose mask cannot be had is left out, since a picture is no result.
    func pictures(_ slices: [SliceScore]) async -> [SlicePicture] {
        guard let dataset else { return [] }
        var pictures: [SlicePicture] = []
        for score in Self.choose(slices) {
            let patient = dataset.manifest.patients.first { $0.id == score.patient }
            guard let slice = patient?.slices.first(where: { $0.index == score.index }), let png = score.pngSha256,
                let predicted = try? await client.blob(png),
                let image = try? File.read("\(dataset.folder)/\(slice.image.path)"),
                let truth = try? File.read("\(dataset.folder)/\(slice.mask.path)")
            else { continue }
            pictures.append(
                SlicePicture(
                    patient: score.patient, sliceIndex: score.index, imagePNG: image,
                    truthPNG: truth, predictedPNG: predicted))
        }
        return pictures
    }

    /// Slices with tumour from worst to best Dice, evenly, and the one without on which most was wrongly found.
    static func choose(_ slices: [SliceScore]) -> [SliceScore] {
        let masks = slices.filter { $0.pngSha256 != nil }
        let empty = masks.filter { $0.truth == 0 }.max { $0.predicted < $1.predicted }
        let ranked = masks.filter { $0.truth > 0 }.sorted { $0.counts.dice < $1.counts.dice }
        let wanted = min(ranked.count, empty == nil ? count : count - 1)
        let chosen = (0..<wanted).map { ranked[wanted == 1 ? 0 : $0 * (ranked.count - 1) / (wanted - 1)] }
        return chosen + [empty].compactMap(\.self)
    }
}
