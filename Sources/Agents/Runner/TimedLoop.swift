import AgentWire
import Imaging
import Measurement

/// An image with what normalises it: one query's input.
struct QueryInput {
    var image: Raster
    var normaliser: Normaliser
}

/// Issues queries and times them: compute alone, and from host image to host mask.
///
/// In the thread that calls; not timed are choosing the next input and keeping the samples.
struct TimedLoop {
    let module: CompiledModule
    let inputs: [QueryInput]
    let threshold: Float
    private var mask: [UInt8]
    private var generator: SplitMix64

    init(module: CompiledModule, inputs: [QueryInput], threshold: Float, seed: UInt64) {
        self.module = module
        self.inputs = inputs
        self.threshold = threshold
        mask = [UInt8](repeating: 0, count: module.outputCount)
        generator = SplitMix64(seed: seed)
    }

    /// One query: (compute, end to end) in nanoseconds.
    mutating func query() throws(Failure) -> (compute: Int64, endToEnd: Int64) {
        let next = generator.index(below: inputs.count)
        let threshold = threshold
        let start = MonotonicClock.now()
        inputs[next].normaliser.apply(inputs[next].image, into: module.inputBuffer)
        let called = MonotonicClock.now()
        var returned: Int64 = 0
        // Swift's closures do not capture `self` inout; the mask is taken out and put back, which moves no bytes.
        var mask = self.mask
        self.mask = []
        defer { self.mask = mask }
        try module.run { (output) throws(Failure) in
            returned = MonotonicClock.now()
            Thresholding.apply(output, threshold, into: &mask)
        }
        return (returned - called, MonotonicClock.now() - start)
    }

    /// Queries until `settings`' least duration and least number are reached, or its largest number.
    mutating func run(_ settings: RunSettings) throws(Failure) -> SampleChunk {
        var chunk = SampleChunk(phase: .timed, first: 0, computeNs: [], endToEndNs: [])
        chunk.computeNs.reserveCapacity(1 << 16)
        chunk.endToEndNs.reserveCapacity(1 << 16)
        let end = MonotonicClock.now() + settings.minDurationNs
        while chunk.computeNs.count < settings.maxQueries {
            if chunk.computeNs.count >= settings.minQueries, MonotonicClock.now() >= end { break }
            let (compute, endToEnd) = try query()
            chunk.computeNs.append(compute)
            chunk.endToEndNs.append(endToEnd)
        }
        return chunk
    }
}

/// Probabilities to masks.
enum Thresholding {
    /// 1 where the probability is at least `threshold`, else 0; as many bytes as numbers.
    @inline(__always)
    static func apply(_ probabilities: UnsafeBufferPointer<Float>, _ threshold: Float, into mask: inout [UInt8]) {
        mask.withUnsafeMutableBufferPointer { mask in
            for pixel in 0..<probabilities.count { mask[pixel] = probabilities[pixel] >= threshold ? 1 : 0 }
        }
    }
}
