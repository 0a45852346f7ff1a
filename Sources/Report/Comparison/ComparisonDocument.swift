import FoundationEssentials
import Statistics

/// A comparison as JSON, as described by docs/schemas/compare.schema.json.
public enum ComparisonDocument {
    /// The format's name and version.
    public static let schema = "harness.comparison/1"

    /// The document's bytes, its keys sorted.
    public static func json(_ comparison: RunComparison) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return Array(try encoder.encode(Document(comparison))) + [0x0A]
    }

    private struct Document: Encodable {
        var schema = ComparisonDocument.schema
        var base: String
        var candidate: String
        var regression: Bool
        var pairs: [Pair]
        var unpaired: [Unpaired]

        init(_ comparison: RunComparison) {
            base = comparison.base
            candidate = comparison.candidate
            regression = comparison.hasRegression
            pairs = comparison.pairs.map { Pair($0, comparison.rules) }
            unpaired = comparison.unpaired.map {
                Unpaired(
                    side: $0.isBase ? "base" : "candidate", circumstances: $0.circumstances, variant: $0.variant,
                    runs: $0.runs)
            }
        }
    }

    private struct Side: Encodable {
        var variant: String
        var runs: [Int64]
    }

    private struct Pair: Encodable {
        var circumstances: RunComparison.Circumstances
        var emulated: Bool
        var base: Side
        var candidate: Side
        var sameModule: Bool
        var candidateFails: Bool
        var metrics: [Metric]
        var notes: [String]

        init(_ pair: RunComparison.Pair, _ rules: ComparisonRules) {
            circumstances = pair.circumstances
            emulated = pair.emulated
            base = Side(variant: pair.baseVariant, runs: pair.baseRuns)
            candidate = Side(variant: pair.candidateVariant, runs: pair.candidateRuns)
            sameModule = pair.sameModule
            candidateFails = pair.isBroken
            metrics = pair.results.map { Metric($0, rules) }
            notes = pair.notes
        }
    }

    private struct Metric: Encodable {
        var metric: ComparedMetric
        var verdict: ComparisonOutcome
        var base: Double?
        var candidate: Double?
        var ratio: Double?
        var interval: [Double]?
        var margin: Double
        var threshold: Double
        var regression: Bool
        var needed: RunComparison.Needed?
        var reason: String?

        init(_ result: RunComparison.Result, _ rules: ComparisonRules) {
            metric = result.metric
            verdict = result.outcome
            base = result.base
            candidate = result.candidate
            ratio = result.ratio
            interval = result.interval.map { [$0.lower, $0.upper] }
            margin = rules.margin(result.metric)
            threshold = rules.threshold(result.metric)
            regression = result.isRegression
            needed = result.needed
            reason = result.reason
        }
    }

    private struct Unpaired: Encodable {
        var side: String
        var circumstances: RunComparison.Circumstances
        var variant: String
        var runs: [Int64]
    }
}
