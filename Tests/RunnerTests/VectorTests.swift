import AgentAPI
import Imaging
import JSON
import Statistics
import TestSupport
import Testing

@testable import AgentRunner

/// Tests/Vectors/runner.json, to which harness-python-runner is held as well; its README has the rules.
private struct Vectors: Decodable {
    struct Normalisation: Decodable, CustomTestStringConvertible, Sendable {
        var name: String
        var height: Int
        var width: Int
        var channels: Int
        var normalisation: DatasetManifest.Normalisation
        var pixels: [UInt8]
        var planesBits: [UInt32]
        var testDescription: String { name }
    }

    struct Order: Decodable, Sendable {
        var seed: String
        var count: Int
        var numbers: [String]
        var indices: [Int]
    }

    struct Noise: Decodable, Sendable {
        var seed: String
        var height: Int
        var width: Int
        var channels: Int
        var pixels: [UInt8]
    }

    struct Threshold: Decodable, Sendable {
        var threshold: Float
        var probabilitiesBits: [UInt32]
        var mask: [UInt8]
        var maskSha256: SHA256Digest
    }

    struct Masks: Decodable, CustomTestStringConvertible, Sendable {
        var name: String
        var masks: [[UInt8]]
        var digests: [SHA256Digest]
        var digest: SHA256Digest
        var testDescription: String { name }
    }

    struct Dice: Decodable, CustomTestStringConvertible, Sendable {
        struct Slice: Decodable, Sendable {
            var patient: String
            var predictedMask: [UInt8]
            var trueMask: [UInt8]
            var intersection: Int
            var predicted: Int
            var truth: Int
            var dice: Double
        }

        struct Patient: Decodable, Sendable {
            var patient: String
            var intersection: Int
            var predicted: Int
            var truth: Int
            var dice: Double
        }

        var name: String
        var slices: [Slice]
        var patients: [Patient]
        var patientMean: Double
        var sliceMeanEmptyOne: Double
        var sliceMeanTumourOnly: Double?
        var testDescription: String { name }
    }

    struct LargestComponent: Decodable, CustomTestStringConvertible, Sendable {
        var name: String
        var slices: Int
        var height: Int
        var width: Int
        var volume: [UInt8]
        var kept: [UInt8]
        var testDescription: String { name }
    }

    struct WarmUp: Decodable, CustomTestStringConvertible, Sendable {
        var name: String
        var latenciesNs: [Int64]
        var maxCalls: Int
        var maxDurationNs: Int64
        var calls: Int
        var reason: String?
        var discarded: [Int64]
        var testDescription: String { name }
    }

    struct Percentiles: Decodable, CustomTestStringConvertible, Sendable {
        var name: String
        var samples: [Int64]
        var p: [Double]
        var values: [Int64]
        var median: Double
        var testDescription: String { name }
    }

    var readme: [String]
    var normalisation: [Normalisation]
    var order: [Order]
    var noise: [Noise]
    var threshold: [Threshold]
    var masks: [Masks]
    var dice: [Dice]
    var largestComponent: [LargestComponent]
    var warmUp: [WarmUp]
    var percentiles: [Percentiles]

    private enum CodingKeys: String, CodingKey {
        case readme = "README"
        case normalisation, order, noise, threshold, masks, dice, largestComponent, warmUp, percentiles
    }

    /// A kind or a key that is not known here is an error.
    static let all = Result {
        try WireJSON.decode(
            Vectors.self, from: contents("\(Fixtures.checkout)/Tests/Vectors/runner.json"), unknownKeys: .reject)
    }
}

/// The cases of a kind; none if the file cannot be read, which `VectorTests.file` reports.
private func cases<Case>(_ kind: KeyPath<Vectors, [Case]>) -> [Case] { (try? Vectors.all.get())?[keyPath: kind] ?? [] }

@Suite struct VectorTests {
    @Test("The file has cases of every kind, and no kind that is not tested here")
    func file() throws {
        let all = try Vectors.all.get()
        let counts = [
            all.normalisation.count, all.order.count, all.noise.count, all.threshold.count, all.masks.count,
            all.dice.count, all.largestComponent.count, all.warmUp.count, all.percentiles.count,
        ]
        #expect(counts.allSatisfy { $0 > 0 }, "\(counts)")
    }

    @Test("Pixels become the network's input, to the bit", arguments: cases(\.normalisation))
    fileprivate func normalisation(vector: Vectors.Normalisation) {
        let image = Raster(width: vector.width, height: vector.height, channels: vector.channels, pixels: vector.pixels)
        #expect(planes(image, Normaliser(vector.normalisation)) == vector.planesBits)
    }

    private func planes(_ image: Raster, _ normaliser: Normaliser) -> [UInt32] {
        var planes = [Float](repeating: 0, count: image.pixels.count)
        planes.withUnsafeMutableBufferPointer { normaliser.apply(image, into: $0) }
        return planes.map(\.bitPattern)
    }

    @Test("A seed gives the same order of inputs", arguments: cases(\.order))
    fileprivate func order(vector: Vectors.Order) throws {
        let seed = try #require(UInt64(vector.seed))
        var (numbers, indices) = (SplitMix64(seed: seed), SplitMix64(seed: seed))
        #expect(vector.numbers.map { _ in "\(numbers.next())" } == vector.numbers)
        #expect(vector.indices.map { _ in indices.index(below: vector.count) } == vector.indices)
    }

    @Test("A seed gives the same image of noise", arguments: cases(\.noise))
    fileprivate func noise(vector: Vectors.Noise) throws {
        let shape = [1, vector.channels, vector.height, vector.width]
        let seed = try #require(UInt64(vector.seed))
        guard case .image(let image, let normaliser) = try QueryInput.noise(shape: shape, seed: seed) else {
            Issue.record("an input of shape \(shape) is not an image")
            return
        }
        #expect(image.pixels == vector.pixels)
        #expect([image.channels, image.height, image.width] == Array(shape.dropFirst()))
        let flat = [Float](repeating: 0.5, count: vector.channels)
        #expect(planes(image, normaliser) == planes(image, Normaliser(.init(low: 0, high: 255, mean: flat, std: flat))))
    }

    @Test("Probabilities become a mask, and the mask a digest", arguments: cases(\.threshold))
    fileprivate func threshold(vector: Vectors.Threshold) {
        let probabilities = vector.probabilitiesBits.map(Float.init(bitPattern:))
        var mask = [UInt8](repeating: 7, count: probabilities.count)
        probabilities.withUnsafeBufferPointer { Thresholding.apply($0, vector.threshold, into: &mask) }
        #expect(mask == vector.mask)
        #expect(SHA256Digest(of: mask) == vector.maskSha256)
    }

    @Test("Masks have one digest for all", arguments: cases(\.masks))
    fileprivate func masks(vector: Vectors.Masks) {
        let digests = vector.masks.map { SHA256Digest(of: $0) }
        #expect(digests == vector.digests)
        #expect(AccuracyPass.digest(of: digests) == vector.digest)
    }

    @Test("Dice of slices, patients and the data set", arguments: cases(\.dice))
    fileprivate func dice(vector: Vectors.Dice) throws {
        func isClose(_ found: Double, _ expected: Double) -> Bool { abs(found - expected) <= 1e-12 * abs(expected) }
        var slices: [(patient: String, counts: DiceCounts)] = []
        for slice in vector.slices {
            let counts = DiceCounts(predicted: slice.predictedMask, truth: slice.trueMask)
            #expect(
                counts == DiceCounts(intersection: slice.intersection, predicted: slice.predicted, truth: slice.truth))
            #expect(isClose(counts.dice, slice.dice))
            slices.append((slice.patient, counts))
        }
        let summary = try #require(DiceSummary(slices))
        #expect(summary.patients.map(\.id) == vector.patients.map(\.patient))
        for (found, expected) in zip(summary.patients, vector.patients) {
            let counts = DiceCounts(
                intersection: expected.intersection, predicted: expected.predicted, truth: expected.truth)
            #expect(isClose(found.dice, expected.dice) && isClose(counts.dice, expected.dice))
        }
        #expect(isClose(summary.patientMean, vector.patientMean))
        #expect(isClose(summary.sliceMeanEmptyOne, vector.sliceMeanEmptyOne))
        #expect((summary.sliceMeanTumourOnly == nil) == (vector.sliceMeanTumourOnly == nil))
        #expect(isClose(summary.sliceMeanTumourOnly ?? 0, vector.sliceMeanTumourOnly ?? 0))
    }

    @Test("The largest component of a volume is kept", arguments: cases(\.largestComponent))
    fileprivate func largestComponent(vector: Vectors.LargestComponent) {
        #expect(
            ConnectedComponents.keepingLargest(
                vector.volume, slices: vector.slices, height: vector.height, width: vector.width) == vector.kept)
    }

    @Test("A warm-up ends after the same call, for the same reason", arguments: cases(\.warmUp))
    fileprivate func warmUp(vector: Vectors.WarmUp) {
        var warmUp = WarmUp(maxCalls: vector.maxCalls, maxDurationNs: vector.maxDurationNs)
        var reason: WarmUp.Reason?
        for latency in vector.latenciesNs where reason == nil { reason = warmUp.add(latency) }
        #expect(reason?.rawValue == vector.reason && warmUp.samples.count == vector.calls)
        #expect(warmUp.samples == vector.discarded)
    }

    @Test("Percentiles and the median of samples", arguments: cases(\.percentiles))
    fileprivate func percentiles(vector: Vectors.Percentiles) {
        let sorted = vector.samples.sorted()
        #expect(vector.p.map { Percentiles.value(sorted: sorted, $0) } == vector.values)
        #expect(Percentiles.median(sorted: sorted) == vector.median)
    }
}
