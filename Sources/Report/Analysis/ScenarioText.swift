import Results
import Store
import Text

/// A run's scenario, its validity and its result, for tables, lists and sentences.
enum ScenarioText {
    /// The scenario that labels do not name.
    static let ordinary = Scenario.singleStream

    /// VALID or INVALID, as LoadGen calls it, or that it was not judged.
    static func validity(_ run: RunDetail) -> String {
        guard let isValid = run.summary.isValid else {
            return run.summary.outcome == .succeeded ? "not judged" : Format.unknown
        }
        return isValid ? "VALID" : "INVALID"
    }

    /// The scenario's result: a bound of the percentile, or a rate.
    static func result(_ run: RunDetail) -> String {
        guard let judgement = run.validity else { return Format.unknown }
        if let latency = judgement.latencyNs, let percentile = judgement.percentile {
            return "\(Self.percentile(percentile)) ≤ \(Format.duration(latency))"
        }
        return judgement.samplesPerSecond.map { "\(Format.digits($0))/s" } ?? Format.unknown
    }

    static func percentile(_ percentile: Double) -> String {
        let hundredths = percentile * 100
        return "p" + Format.fixed(hundredths, abs(hundredths - hundredths.rounded()) < 1e-6 ? 0 : 1)
    }

    /// The scenario with what it was asked for.
    static func scenario(_ run: RunDetail) -> String {
        let name = run.summary.scenario.rawValue
        guard let judgement = run.validity else { return name }
        var parts: [String] = []
        if judgement.samplesPerQuery > 1 { parts.append("\(judgement.samplesPerQuery) samples per query") }
        if let rate = judgement.targetQueriesPerSecond { parts.append("\(Format.digits(rate)) queries/s arriving") }
        if let bound = judgement.latencyBoundNs, let percentile = judgement.percentile {
            parts.append("\(Self.percentile(percentile)) within \(Format.duration(bound))")
        }
        parts.append("at least \(Format.duration(judgement.minDurationNs))")
        parts.append("at least \(Format.count(judgement.minQueries, "query", plural: "queries"))")
        return "\(name): \(parts.joined(separator: ", "))"
    }

    /// Rows for a run's list of facts.
    static func pairs(_ run: RunDetail) -> [(String, String)] {
        guard let judgement = run.validity else { return [("Scenario", scenario(run)), ("Validity", validity(run))] }
        let reasons = judgement.reasons.map(\.message).joined(separator: "; ")
        let discarded = judgement.discardedQueries.map { ", early-stopping estimate that discards \($0) queries" }
        var queries = "\(judgement.queries) in \(Format.duration(judgement.durationNs))"
        if let queue = judgement.longestQueue { queries += ", at most \(queue) outstanding" }
        if judgement.unansweredQueries > 0 { queries += ", \(judgement.unansweredQueries) unanswered" }
        return [
            ("Scenario", scenario(run)), ("Validity", validity(run) + (reasons.isEmpty ? "" : ": \(reasons)")),
            ("Result", result(run) + (discarded ?? "")), ("Queries", queries),
        ]
    }
}

/// Runs whose times may be ranked together: of one target, with the same queries.
struct RankingGroup: Hashable, Comparable {
    var target: String
    var scenario: Scenario
    private var queriesPerSecond: Double
    private var latencyBoundNs: Int64

    init(_ run: RunDetail) {
        target = run.summary.target
        scenario = run.summary.scenario
        queriesPerSecond = run.validity?.targetQueriesPerSecond ?? 0
        latencyBoundNs = run.validity?.latencyBoundNs ?? 0
    }

    /// As a sentence begins.
    var place: String {
        if scenario == ScenarioText.ordinary { return "On \(target)" }
        guard queriesPerSecond > 0 else { return "On \(target), \(scenario.rawValue)" }
        return
            "On \(target), \(scenario.rawValue) at \(Format.digits(queriesPerSecond)) queries/s within \(Format.duration(latencyBoundNs))"
    }

    static func < (left: Self, right: Self) -> Bool {
        (left.target, left.scenario.rawValue, left.queriesPerSecond, left.latencyBoundNs)
            < (right.target, right.scenario.rawValue, right.queriesPerSecond, right.latencyBoundNs)
    }
}
