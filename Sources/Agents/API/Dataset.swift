/// What `dataset.json` says: the slices and masks of a segmentation data set, ready for a board.
///
/// A slice enters the network as `x[c] = (clip((p − low) / (high − low), 0, 1) − mean[c]) / std[c]` over its 8-bit
/// values `p`, in float32 and in this order: `volume-percentile-zscore`, after Buda et al. 2019, whose
/// code rescales every volume to its 10th and 99th percentile and then standardises it.
public struct DatasetManifest: Codable, Hashable, Sendable {
    /// The value of `schema` this version reads and writes.
    public static let schemaName = "harness.dataset/1"
    /// The one normalisation there is so far.
    public static let volumePercentileZScore = "volume-percentile-zscore"

    /// The numbers that normalise one patient's volume.
    public struct Normalisation: Codable, Hashable, Sendable {
        /// 10th percentile of the volume, in 8-bit values.
        public var low: Float
        /// 99th percentile of the volume.
        public var high: Float
        /// Per channel, after rescaling; as many as there are channels.
        public var mean: [Float]
        /// Per channel, after rescaling.
        public var std: [Float]

        /// The numbers of one patient.
        public init(low: Float, high: Float, mean: [Float], std: [Float]) {
            (self.low, self.high, self.mean, self.std) = (low, high, mean, std)
        }
    }

    /// A file of the data set, named by its content.
    public struct File: Codable, Hashable, Sendable {
        /// Path inside the data set's folder.
        public var path: String
        /// Digest of its content, under which a board keeps it.
        public var sha256: SHA256Digest
        /// Length of its content.
        public var sizeBytes: Int
    }

    /// One slice and its true mask.
    public struct Slice: Codable, Hashable, Sendable {
        /// Number within the volume, as in the file's name.
        public var index: Int
        /// 8-bit RGB PNG, height × width.
        public var image: File
        /// 8-bit greyscale PNG, 0 or 255.
        public var mask: File
    }

    /// All slices of one patient.
    public struct Patient: Codable, Hashable, Sendable {
        /// The patient's pseudonym: `TCGA_PH_0001`.
        public var id: String
        /// Of the patient's whole volume, so that slices keep their contrast to each other.
        public var normalisation: Normalisation
        /// In the order of the volume.
        public var slices: [Slice]
    }

    /// `schemaName`, or the data set is refused.
    public var schema: String
    /// By which people tell data sets apart.
    public var name: String
    /// Made by the phantom generator, not by a scanner.
    public var synthetic: Bool
    /// Where the images come from, for people.
    public var source: String
    /// Of every image.
    public var channels: Int
    /// Rows of every image.
    public var height: Int
    /// Pixels in a row.
    public var width: Int
    /// `volumePercentileZScore`; a bundle names what its network expects.
    public var normalisation: String
    /// In the order in which they are scored.
    public var patients: [Patient]

    /// Every file, images and masks, in manifest order.
    public var files: [File] { patients.flatMap { $0.slices.flatMap { [$0.image, $0.mask] } } }
}
