import AgentAPI
import Imaging

/// Turns a slice's 8-bit pixels into the network's input, in float32 and in the order `DatasetManifest` defines.
public struct Normaliser: Sendable {
    private let low: Float
    private let span: Float
    private let mean: [Float]
    private let std: [Float]

    /// For slices of one patient.
    public init(_ normalisation: DatasetManifest.Normalisation) {
        (low, span) = (normalisation.low, normalisation.high - normalisation.low)
        (mean, std) = (normalisation.mean, normalisation.std)
    }

    /// Writes (H, W, C) pixels as (C, H, W) numbers.
    public func apply(_ image: Raster, into output: UnsafeMutableBufferPointer<Float>) {
        let (count, channels) = (image.width * image.height, image.channels)
        precondition(output.count == count * channels, "the image does not fill the input")
        image.pixels.withUnsafeBufferPointer { pixels in
            for channel in 0..<channels {
                // 256 values are possible: computing each once is both exact and fast.
                withUnsafeTemporaryAllocation(of: Float.self, capacity: 256) { table in
                    for value in 0..<256 {
                        let scaled = min(max((Float(value) - low) / span, 0), 1)
                        table[value] = (scaled - mean[channel]) / std[channel]
                    }
                    let plane = channel * count
                    for pixel in 0..<count { output[plane + pixel] = table[Int(pixels[pixel * channels + channel])] }
                }
            }
        }
    }
}
