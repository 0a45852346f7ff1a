import POSIX
import AgentAPI
import Statistics

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
        (self.module, self.inputs, self.threshold) = (module, inputs, threshold)
        mask = [UInt8](repeating: 0, count: module.outputCount)
        generator = SplitMix64(seed: seed)
        for case .noise(let seed) in inputs {
            var noise = SplitMix64(seed: seed)
            let buffer = module.inputBuffer
            for index in buffer.indices { buffer[index] = Float.random(in: -1...1, using: &noise) }
        }
    }

    /// What one query took, in nanoseconds.
    struct Times {
        var compute: Int64
        var endToEnd: Int64
        var hostToDevice: Int64
        var deviceToHost: Int64
    }

    /// One query. The copies to a device and back are timed apart; on a CPU there are none.
    mutating func query() throws(Failure) -> Times {
        let next = generator.index(below: inputs.count)
        let start = MonotonicClock.now()
        if case .image(let image, let normaliser) = inputs[next] { normaliser.apply(image, into: module.inputBuffer) }
        let ready = module.hasTransfers ? MonotonicClock.now() : 0
        try module.upload()
        let called = MonotonicClock.now()
        defer { module.release() }
        try module.call()
        let returned = MonotonicClock.now()
        let output = try module.output()
        let fetched = module.hasTransfers ? MonotonicClock.now() : returned
        Thresholding.apply(output, threshold, into: &mask)
        return Times(
            compute: returned - called, endToEnd: MonotonicClock.now() - start,
            hostToDevice: module.hasTransfers ? called - ready : 0, deviceToHost: fetched - returned)
    }

    /// Times as samples of a phase, from its sample number `first` on.
    func samples(_ times: [Times], of phase: RunPhase, first: Int = 0) -> SampleChunk {
        let samples = times.enumerated().map { offset, times in
            var sample = Sample(
                phase: phase, index: first + offset, computeNs: times.compute, endToEndNs: times.endToEnd)
            if module.hasTransfers {
                (sample.hostToDeviceNs, sample.deviceToHostNs) = (times.hostToDevice, times.deviceToHost)
            }
            return sample
        }
        return SampleChunk(phase: phase, first: first, samples: samples)
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
