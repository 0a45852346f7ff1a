import Statistics

/// Two sides' runs, compared wherever they may be.
public struct RunComparison: Sendable {
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
        enum What: String, Hashable, Sendable, Codable {
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
    struct Result: Hashable, Sendable {
        var metric: ComparedMetric
        var outcome: ComparisonOutcome
        /// Nanoseconds, bytes or a Dice: of several runs the location of `MedianRatio` (Dice: the mean).
        var base: Double?
        var candidate: Double?
        /// The candidate's value over the baseline's.
        var ratio: Double?
        /// 95%; nil where nothing varies or nothing is known of how it does.
        var interval: Interval?
        var needed: Needed?
        var isRegression = false
        /// Why it was not compared, or what the numbers cannot say.
        var reason: String?
    }

    /// Runs that may be compared.
    struct Pair: Sendable {
        var circumstances: Circumstances
        var emulated: Bool
        var baseVariant: String
        var candidateVariant: String
        var baseRuns: [Int64]
        var candidateRuns: [Int64]
        /// Whether all runs were of one module, bit for bit.
        var sameModule: Bool
        var results: [Result]
        var notes: [String]
        /// Whether the baseline succeeded and the candidate never did.
        var isBroken = false
    }

    /// Runs without a partner.
    struct Unpaired: Hashable, Sendable {
        var isBase: Bool
        var circumstances: Circumstances
        var variant: String
        var runs: [Int64]
    }

    var base: String
    var candidate: String
    var rules: ComparisonRules
    var pairs: [Pair]
    var unpaired: [Unpaired]

    /// Whether no two runs may be compared.
    public var isEmpty: Bool { pairs.isEmpty }

    /// Whether a candidate is surely worse, by at least its metric's threshold, or fails where the baseline did not.
    public var hasRegression: Bool { pairs.contains { $0.isBroken || $0.results.contains(where: \.isRegression) } }
}

/// How the candidate compares with the baseline by one metric.
enum ComparisonOutcome: String, Sendable, Hashable, Codable {
    case better
    case worse
    case same
    case cannotTell = "cannot-tell"
    /// `Result.reason` says why.
    case notCompared = "not-compared"
}
