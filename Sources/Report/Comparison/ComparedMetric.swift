import Text

/// What two sides are compared by.
public enum ComparedMetric: String, Hashable, Sendable, CaseIterable, Codable {
    /// Median compute latency.
    case latency
    /// Median from 8-bit image to mask.
    case endToEnd = "end-to-end"
    /// Peak resident set of the runner's process.
    case memory
    /// Dice, mean over patients.
    case dice
    /// Size of the module's file.
    case moduleSize = "module-size"
    /// The phase `load`.
    case loadTime = "load-time"

    /// Whether emulation makes it meaningless.
    var isTime: Bool { self == .latency || self == .endToEnd || self == .loadTime }
    var moreIsBetter: Bool { self == .dice }

    var title: String {
        switch self {
        case .latency: "latency"
        case .endToEnd: "end to end"
        case .memory: "peak memory"
        case .dice: "Dice"
        case .moduleSize: "module size"
        case .loadTime: "load time"
        }
    }

    /// What a candidate is that has less of it, or more.
    func comparative(less: Bool) -> String {
        switch self {
        case .latency, .endToEnd, .loadTime: less ? "faster" : "slower"
        case .memory, .moduleSize: less ? "smaller" : "larger"
        case .dice: less ? "worse" : "better"
        }
    }

    func text(_ value: Double?) -> String {
        switch self {
        case .latency, .endToEnd, .loadTime: Format.duration(value)
        case .memory, .moduleSize: Format.bytes(value.map { Int($0) })
        case .dice: Format.dice(value)
        }
    }
}

/// What counts as no difference, and what as a regression; fractions of the baseline's value.
public struct ComparisonRules: Hashable, Sendable {
    /// A difference that is surely smaller is none.
    public var margins: [ComparedMetric: Double]
    /// A candidate that is surely worse, and worse by at least this, is a regression.
    public var thresholds: [ComparedMetric: Double]
    /// Of the bootstrap.
    public var seed: UInt64

    /// Load times and memory vary more than medians of latencies; a module's size does not vary at all.
    public static let defaultMargins: [ComparedMetric: Double] = [
        .latency: 0.02, .endToEnd: 0.02, .memory: 0.02, .dice: 0.001, .moduleSize: 0.001, .loadTime: 0.05,
    ]
    /// The Dice that may be lost is that of the accuracy gate.
    public static let defaultThresholds: [ComparedMetric: Double] = [
        .latency: 0.03, .endToEnd: 0.03, .memory: 0.03, .dice: 0.01, .moduleSize: 0.01, .loadTime: 0.1,
    ]

    /// The default rules, but for what is given.
    public init(
        margins: [ComparedMetric: Double] = [:], thresholds: [ComparedMetric: Double] = [:], seed: UInt64 = 0
    ) {
        self.margins = Self.defaultMargins.merging(margins) { $1 }
        self.thresholds = Self.defaultThresholds.merging(thresholds) { $1 }
        self.seed = seed
    }

    func margin(_ metric: ComparedMetric) -> Double { margins[metric] ?? 0 }
    func threshold(_ metric: ComparedMetric) -> Double { thresholds[metric] ?? 0 }
}
