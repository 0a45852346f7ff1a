import Statistics

/// Two sides' runs, set against each other where they may be.
public struct RunComparison: Sendable {
    /// What two runs must have in common to be compared.
    public struct Circumstances: Hashable, Sendable, Encodable {
        public var target: String
        public var device: String
        /// Nil if the run ended before it was known.
        public var threads: Int?
        /// Name of the data set; nil without.
        public var dataset: String?
        public var datasetSHA256: String?
        public var scenario: String
    }

    /// What would probably decide.
    public struct Needed: Hashable, Sendable, Encodable {
        public enum What: String, Hashable, Sendable, Codable {
            /// Longer runs.
            case samples
            case runs
            case patients
        }

        /// How many times as many as there are; nil if only that there must be more is known.
        public var factor: Double?
        public var what: What
    }

    /// One metric of a pair.
    public struct Result: Hashable, Sendable {
        public var metric: ComparedMetric
        public var outcome: ComparisonOutcome
        /// Nanoseconds, bytes or a Dice: of several runs the location of `MedianRatio` (Dice: the mean).
        public var base: Double?
        public var candidate: Double?
        /// The candidate's value over the baseline's.
        public var ratio: Double?
        /// 95%; nil where nothing varies or nothing is known of how it does.
        public var interval: Interval?
        public var needed: Needed?
        public var isRegression = false
        /// Why it was not compared, or what the numbers cannot say.
        public var reason: String?
    }

    /// Runs that may be compared.
    public struct Pair: Sendable {
        public var circumstances: Circumstances
        public var emulated: Bool
        public var baseVariant: String
        public var candidateVariant: String
        public var baseRuns: [Int64]
        public var candidateRuns: [Int64]
        /// Whether all runs were of one module, bit for bit.
        public var sameModule: Bool
        public var results: [Result]
        public var notes: [String]
        /// Whether the baseline succeeded and the candidate never did.
        public var isBroken = false
    }

    /// Runs without a partner.
    public struct Unpaired: Hashable, Sendable {
        public var isBase: Bool
        public var circumstances: Circumstances
        public var variant: String
        public var runs: [Int64]
    }

    public var base: String
    public var candidate: String
    public var rules: ComparisonRules
    public var pairs: [Pair]
    public var unpaired: [Unpaired]

    /// Whether a candidate is surely worse, by at least its metric's threshold, or fails where the baseline did not.
    public var hasRegression: Bool { pairs.contains { $0.isBroken || $0.results.contains(where: \.isRegression) } }
}

/// How the candidate compares with the baseline by one metric.
public enum ComparisonOutcome: String, Sendable, Hashable, Codable {
    case better
    case worse
    case same
    case cannotTell = "cannot-tell"
    /// `Result.reason` says why.
    case notCompared = "not-compared"
}
