import POSIX
import AgentAPI
import Imaging
import Statistics

/// Runs every slice through the module and scores its mask.
struct AccuracyPass {
    let module: CompiledModule
    let slices: Slices
    let threshold: Float
    let outputFolder: String

    /// Scores all patients in manifest order; `report` gets each event as it happens.
    func run(_ report: (RunnerEvent) -> Void) throws(Failure) {
        let total = slices.count
        var done = 0
        var digests: [SHA256Digest] = []
        for patient in slices.manifest.patients {
            let scores = try score(patient)
            for score in scores {
                report(.slice(score))
                digests.append(score.maskSha256)
            }
            done += scores.count
            report(.progress(.accuracy, done: done, total: total))
        }
        report(.masks(digest: Self.digest(of: digests), slices: total))
    }

    /// One digest for all masks: of their digests, a line each.
    static func digest(of masks: [SHA256Digest]) -> SHA256Digest {
        SHA256Digest(of: masks.map(\.hex).joined(separator: "\n").utf8)
    }

    private func score(_ patient: DatasetManifest.Patient) throws(Failure) -> [SliceScore] {
        let (height, width) = (slices.manifest.height, slices.manifest.width)
        let normaliser = Normaliser(patient.normalisation)
        var masks: [[UInt8]] = []
        for slice in patient.slices {
            normaliser.apply(try slices.image(slice), into: module.inputBuffer)
            var mask = [UInt8](repeating: 0, count: height * width)
            try module.run { (output) throws(Failure) in Thresholding.apply(output, threshold, into: &mask) }
            masks.append(mask)
        }
        let largest = ConnectedComponents.keepingLargest(
            masks.flatMap(\.self), slices: masks.count, height: height, width: width)
        var scores: [SliceScore] = []
        for (index, slice) in patient.slices.enumerated() {
            let truth = try slices.mask(slice)
            let counts = DiceCounts(predicted: masks[index], truth: truth)
            let only = Array(largest[(index * height * width)..<((index + 1) * height * width)])
            let largestCounts = DiceCounts(predicted: only, truth: truth)
            var score = SliceScore(
                patient: patient.id, index: slice.index, intersection: counts.intersection,
                predicted: counts.predicted, truth: counts.truth, maskSha256: SHA256Digest(of: masks[index]))
            score.largestIntersection = largestCounts.intersection
            score.largestPredicted = largestCounts.predicted
            score.pngSha256 = try keep(masks[index], width: width, height: height)
            scores.append(score)
        }
        return scores
    }

    /// Leaves the mask as a PNG of 0 and 255 in the job's folder, named by its digest.
    private func keep(_ mask: [UInt8], width: Int, height: Int) throws(Failure) -> SHA256Digest {
        do {
            let png = try PNG.encode(
                Raster(width: width, height: height, channels: 1, pixels: mask.map { $0 == 0 ? 0 : 255 }))
            let digest = SHA256Digest(of: png)
            try File.write(png, to: "\(outputFolder)/\(digest.hex).png")
            return digest
        } catch {
            throw Failure(.diskFull, "a predicted mask cannot be written to \(outputFolder): \(error)")
        }
    }
}
