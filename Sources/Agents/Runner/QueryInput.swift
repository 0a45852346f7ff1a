import AgentAPI
import Imaging
import Statistics

/// One query's input.
enum QueryInput {
    /// Made from the image anew for every query, as in use.
    case image(Raster, Normaliser)
    /// Numbers from -1 to 1, made once: for an input that does not have an image's form.
    case noise(seed: UInt64)

    /// Most numbers of an input made of noise, so that a damaged manifest ends in a message and not in an overflow.
    private static let largestNoise = 1 << 28

    /// An image of noise, or the noise itself where the input does not have an image's form: one layer out of a network can have
    /// any number of channels.
    static func noise(shape: [Int], seed: UInt64) throws(Failure) -> QueryInput {
        guard shape.count == 4, shape[0] == 1, shape.allSatisfy({ $0 >= 1 }), isSmall(shape) else {
            throw Failure(
                .moduleLoad,
                "an input of shape \(shape) cannot be filled with noise: the runner makes [1, C, H, W], up to \(largestNoise) numbers."
            )
        }
        guard [1, 3].contains(shape[1]) else { return .noise(seed: seed) }
        var generator = SplitMix64(seed: seed)
        let pixels = (0..<shape[1] * shape[2] * shape[3]).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        let flat = [Float](repeating: 0.5, count: shape[1])
        return .image(
            Raster(width: shape[3], height: shape[2], channels: shape[1], pixels: pixels),
            Normaliser(.init(low: 0, high: 255, mean: flat, std: flat)))
    }

    private static func isSmall(_ shape: [Int]) -> Bool {
        var count = 1
        for side in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: side)
            guard !overflow, product <= largestNoise else { return false }
            count = product
        }
        return true
    }
}
