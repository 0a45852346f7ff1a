import Results

/// Pixels of a predicted mask P and a true mask T, of one slice or of many pooled.
public struct DiceCounts: Hashable, Sendable {
    /// |P ∩ T|
    public var intersection: Int
    /// |P|
    public var predicted: Int
    /// |T|
    public var truth: Int

    /// The given numbers of pixels.
    public init(intersection: Int = 0, predicted: Int = 0, truth: Int = 0) {
        (self.intersection, self.predicted, self.truth) = (intersection, predicted, truth)
    }

    /// Counts two masks of the same size, in which 0 is background and everything else is the object.
    public init(predicted: [UInt8], truth: [UInt8]) {
        precondition(predicted.count == truth.count, "masks differ in size")
        self.init()
        for index in predicted.indices {
            let (inPredicted, inTruth) = (predicted[index] != 0, truth[index] != 0)
            self.predicted += inPredicted ? 1 : 0
            self.truth += inTruth ? 1 : 0
            intersection += inPredicted && inTruth ? 1 : 0
        }
    }

    /// The counts of both, pooled.
    public static func + (left: DiceCounts, right: DiceCounts) -> DiceCounts {
        DiceCounts(
            intersection: left.intersection + right.intersection, predicted: left.predicted + right.predicted,
            truth: left.truth + right.truth)
    }

    /// `2·|P∩T| / (|P|+|T|)`, Dice 1945; 1 if both masks are empty.
    public var dice: Double {
        let sizes = predicted + truth
        return sizes == 0 ? 1 : 2 * Double(intersection) / Double(sizes)
    }
}

/// Dice of a data set under each empty-mask policy; nil where no slice or patient qualifies.
public struct DiceSummary: Sendable {
    /// The headline value: mean over patients of the Dice pooled over the patient's slices.
    public var patientMean: Double
    /// Patient-bootstrap 95% interval of the headline value, seed 0.
    public var patientInterval: Interval
    /// Mean over slices, a slice empty in both masks counting 1.
    public var sliceMeanEmptyOne: Double
    /// Mean over the slices that have tumour; nil if none has.
    public var sliceMeanTumourOnly: Double?
    /// Per patient, in order of first appearance.
    public var patients: [(id: String, dice: Double)]

    /// The summary of slices, each with its patient's identifier; nil if there is none.
    public init?(_ slices: [(patient: String, counts: DiceCounts)]) {
        guard !slices.isEmpty else { return nil }
        var order: [String] = []
        var pooled: [String: DiceCounts] = [:]
        for slice in slices {
            if pooled[slice.patient] == nil { order.append(slice.patient) }
            pooled[slice.patient, default: DiceCounts()] = pooled[slice.patient, default: DiceCounts()] + slice.counts
        }
        patients = order.map { ($0, pooled[$0, default: DiceCounts()].dice) }
        let scores = patients.map(\.dice)
        patientMean = scores.reduce(0, +) / Double(scores.count)
        patientInterval = Bootstrap.meanInterval(scores, seed: 0)
        sliceMeanEmptyOne = slices.reduce(0) { $0 + $1.counts.dice } / Double(slices.count)
        let withTumour = slices.filter { $0.counts.truth > 0 }
        sliceMeanTumourOnly =
            withTumour.isEmpty ? nil : withTumour.reduce(0) { $0 + $1.counts.dice } / Double(withTumour.count)
    }
}

extension SliceScore {
    /// Pixels of its masks.
    public var counts: DiceCounts { DiceCounts(intersection: intersection, predicted: predicted, truth: truth) }

    /// The same with only the largest component kept.
    public var largestCounts: DiceCounts {
        DiceCounts(intersection: largestIntersection, predicted: largestPredicted, truth: truth)
    }
}
