import FoundationEssentials
import Statistics

/// Two sides' runs, compared wherever they may be; as JSON described by docs/schemas/compare.schema.json.
public struct RunComparison: Sendable, Encodable {
    /// What two runs must have in common to be compared.
    struct Circumstances: Hashable, Sendable, Encodable {
        var target: String
        var device: String
        /// Nil if the run ended before it was known.
        var threads: Int?
        /// Name of the data set; nil without.
        var dataset: String?
        var datasetSHA256: String?
        var scenario: String
    }

    /// What would probably decide.
    struct Needed: Hashable, Sendable, Encodable {
        enum What: String, Hashable, Sendable, Encodable {
            /// Longer runs.
            case samples
            case runs
            case patients
        }

        /// How many times as many as there are; nil if only that there must be more is known.
        var factor: Double?
        var what: What
    }

    /// One metric of a pair.
    struct Result: Hashable, Sendable, Encodable {
        var metric: ComparedMetric
        var outcome: MetricOutcome
        /// Nanoseconds, bytes or a Dice: of several runs the location of `MedianRatio` (Dice: the mean).
        var base: Double?
        var candidate: Double?
        /// The candidate's value over the baseline's.
        var ratio: Double?
        /// 95%; nil where nothing varies or nothing is known of how it does.
        var interval: Interval?
        /// What counted as no difference, and what would be a regression.
        var margin = 0.0
        var threshold = 0.0
        var isRegression = false
        var needed: Needed?
        /// Why it was not compared, or what the numbers cannot say.
        var reason: String?

        private enum CodingKeys: String, CodingKey {
            case metric, outcome = "verdict", base, candidate, ratio, interval, margin, threshold
            case isRegression = "regression", needed, reason
        }
    }

    /// Runs of a side that succeeded, by their numbers.
    struct Side: Hashable, Sendable, Encodable {
        var variant: String
        var runs: [Int64]
    }

    /// Runs that may be compared.
    struct Pair: Sendable, Encodable {
        var circumstances: Circumstances
        var emulated: Bool
        var base: Side
        var candidate: Side
        /// Whether all runs were of one module, bit for bit.
        var sameModule: Bool
        /// Whether the baseline succeeded and the candidate never did.
        var candidateFails = false
        var metrics: [Result] = []
        var notes: [String] = []
    }

    /// Runs without a partner.
    struct Unpaired: Hashable, Sendable, Encodable {
        enum Side: String, Sendable, Encodable {
            case base, candidate
        }

        var side: Side
        var circumstances: Circumstances
        var variant: String
        var runs: [Int64]
    }

    /// The format's name and version.
    private let schema = "harness.comparison/1"
    let base: String
    let candidate: String
    let pairs: [Pair]
    let unpaired: [Unpaired]
    /// Whether a candidate is surely worse, by at least its metric's threshold, or fails where the baseline did not.
    public let hasRegression: Bool

    private enum CodingKeys: String, CodingKey {
        case schema, base, candidate, pairs, unpaired, hasRegression = "regression"
    }

    init(base: String, candidate: String, pairs: [Pair], unpaired: [Unpaired]) {
        (self.base, self.candidate, self.pairs, self.unpaired) = (base, candidate, pairs, unpaired)
        hasRegression = pairs.contains { $0.candidateFails || $0.metrics.contains(where: \.isRegression) }
    }

    /// Whether no two runs may be compared.
    public var isEmpty: Bool { pairs.isEmpty }

    /// The comparison as JSON, its keys sorted.
    public func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return Array(try encoder.encode(self)) + [0x0A]
    }
}

/// How the candidate compares with the baseline by one metric.
enum MetricOutcome: String, Sendable, Encodable {
    case better
    case worse
    case same
    case cannotTell = "cannot-tell"
    /// `Result.reason` says why.
    case notCompared = "not-compared"
}

/// `[lower, upper]`
extension Interval: Encodable {
    /// Both ends, the lower one first.
    public func encode(to encoder: any Encoder) throws { try [lower, upper].encode(to: encoder) }
}
