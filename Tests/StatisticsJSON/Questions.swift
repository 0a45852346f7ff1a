import JSON
import AgentAPI

/// A function of the module Statistics with its arguments.
protocol Question: Decodable {
    associatedtype Answer: Encodable
    func answer() throws -> Answer
}

/// The member of a question that names its function.
struct Heading: Decodable { var function: String }

struct Failure: Error, Encodable { var error: String }

/// The questions by the names of their functions.
enum Questions {
    static var all: [String: any Question.Type] {
        [
            "arrivals": Arrivals.self,
            "beta-regularised": BetaRegularised.self,
            "chi-squared": ChiSquaredOf.self,
            "compare": ComparisonOf.self,
            "paired-ratio": PairedRatioOf.self,
            "dependence": DependenceOf.self,
            "early-stopping": EarlyStoppingEstimate.self,
            "minimum-queries": MinimumQueries.self,
            "median-interval": MedianIntervalOf.self,
            "nested-medians": NestedMediansOf.self,
            "normal": NormalOf.self,
            "percentiles": PercentilesOf.self,
            "rank-test": RankTestOf.self,
            "student-t": StudentTOf.self,
            "sustained": SustainedOf.self,
            "trend": TrendOf.self,
            "verdict": Verdict.self,
            "windows": WindowsOf.self,
        ]
    }

    /// The answer to one line, as JSON.
    static func answer(_ line: String) throws -> [UInt8] {
        let bytes = Array(line.utf8)
        let heading = try WireJSON.decode(Heading.self, from: bytes)
        guard let question = all[heading.function] else {
            throw Failure(error: "unknown function “\(heading.function)”; known are \(all.keys.sorted())")
        }
        func answered(_ type: (some Question).Type) throws -> [UInt8] {
            try WireJSON.encode(WireJSON.decode(type, from: bytes).answer())
        }
        return try answered(question)
    }
}
