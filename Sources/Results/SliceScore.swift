/// One slice of the accuracy pass, in pixels.
public struct SliceScore: Codable, Hashable, Sendable {
    /// The patient's identifier in the data set.
    public var patient: String
    /// Number within the volume.
    public var index: Int
    /// Pixels in both masks, in the predicted and in the true one.
    public var intersection: Int
    /// Pixels of the predicted mask.
    public var predicted: Int
    /// Pixels of the true mask.
    public var truth: Int
    /// The same with only the largest component of the patient's volume kept (26-connected), as Buda et al. 2019 score.
    public var largestIntersection: Int
    /// Pixels of the largest component.
    public var largestPredicted: Int
    /// Digest of the predicted mask's pixels, one byte each, 0 or 1, row by row.
    public var maskSha256: SHA256Digest
    /// Digest of the PNG file of the predicted mask, under which the agent serves it as a blob.
    public var pngSha256: SHA256Digest?

    /// The score of a mask with these pixels; the largest component's are all of them until set.
    public init(patient: String, index: Int, intersection: Int, predicted: Int, truth: Int, maskSha256: SHA256Digest) {
        (self.patient, self.index, self.intersection) = (patient, index, intersection)
        (self.predicted, self.truth) = (predicted, truth)
        largestIntersection = intersection
        largestPredicted = predicted
        self.maskSha256 = maskSha256
    }
}
