import Results
import Statistics

/// The answer is empty if the run is too short.
struct WindowsOf: Question {
    var samples: [Int64]
    var answeredNs: [Int64]
    var windowNs: Int64

    struct Answer: Encodable {
        /// Index, start, duration, count, p50, p90, p99, maximum.
        var windows: [[Int64]]?
    }

    func answer() -> Answer {
        let divided = WindowedSamples(samples: samples, answeredNs: answeredNs, windowNs: windowNs)
        return Answer(
            windows: divided?.windows.map { window in
                [Int64(window.index), window.startNs, window.durationNs, Int64(window.count)]
                    + [window.p50, window.p90, window.p99, window.maximum]
            })
    }
}

/// Windows of equal length, each given by its samples, which are answered a nanosecond apart.
struct SustainedOf: Question {
    var windows: [[Int64]]
    /// Windows of a second run, to compare with.
    var others: [[Int64]]?
    var health: [HealthWindow]?

    struct Answer: Encodable {
        var burst: Double?
        var sustained: Double?
        var ratio: Double?
        var interval: [Double]?
        var throttledWindow: Int?
        var witnesses: [String]?
        var flip: Bool?
    }

    func answer() -> Answer {
        guard let speed = Self.speed(windows, health ?? []) else { return Answer() }
        var answer = Answer(
            burst: speed.size.baseline, sustained: speed.size.candidate, ratio: speed.size.ratio,
            interval: ComparisonOf.bounds(speed.size.interval), throttledWindow: speed.throttling?.window,
            witnesses: speed.throttling?.witnesses.map(Self.word))
        if let others, let other = Self.speed(others, []) { answer.flip = speed.flip(with: other) != nil }
        return answer
    }

    private static func speed(_ windows: [[Int64]], _ health: [HealthWindow]) -> SustainedSpeed? {
        let length: Int64 = 1_000_000
        let answered = windows.enumerated().flatMap { index, samples in
            // The last answer ends the phase.
            samples.indices.map { Int64(index) * length + length - Int64(samples.count - $0) }
        }
        return WindowedSamples(samples: windows.flatMap(\.self), answeredNs: answered, windowNs: length)
            .flatMap { SustainedSpeed($0, health: health) }
    }

    private static func word(_ witness: Throttling.Witness) -> String {
        switch witness {
        case .latency: "latency"
        case .board(let words): words.joined(separator: ", ")
        case .clock(let from, let to): "\(from) to \(to)"
        }
    }
}

struct MedianIntervalOf: Question {
    var values: [Int64]
    var seed: UInt64
    var resamples: Int

    func answer() -> [String: [Double]] {
        let interval = Bootstrap.medianInterval(sorted: values.sorted(), seed: seed, resamples: resamples)
        return ["interval": ComparisonOf.bounds(interval)]
    }
}
