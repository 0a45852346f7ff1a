import Statistics
import Store
import Text

/// The text of `mlperf_log_summary.txt`, in the form of LoadGen's.
enum MLPerfSummary {
    static func render(_ figures: MLPerfFigures) -> String {
        let rule = "================================================"
        var lines = [rule, "MLPerf Results Summary", rule]
        lines += [
            "SUT name : \(figures.systemName)", "Scenario : \(figures.scenarioName)", "Mode     : PerformanceOnly",
            result(figures), "Result is : \(figures.validity)",
        ]
        if figures.scenario == .server {
            lines.append(satisfied("  Performance constraints satisfied : ", figures.met("latency-bound")))
        }
        lines += [
            satisfied("  Min duration satisfied : ", figures.met("duration")),
            satisfied("  Min queries satisfied : ", figures.met("queries")),
            satisfied("  Early stopping satisfied: ", figures.met("early-stopping")),
        ]
        if !figures.judgement.isValid {
            lines.append("Recommendations:")
            lines += figures.judgement.reasons.map { " * \($0.message)" }
        }
        if !figures.earlyStopping.isEmpty { lines += ["Early Stopping Result:"] + figures.earlyStopping }
        lines += ["", rule, "Additional Stats", rule] + statistics(figures)
        lines += ["", rule, "Test Parameters Used", rule]
        lines += MLPerfDetail.parameters(figures).compactMap { row in row.name.map { "\($0) : \(row.value.text)" } }
        lines += ["", warnings(figures), "", "No errors encountered during test."]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func result(_ figures: MLPerfFigures) -> String {
        switch figures.scenario.pattern {
        case .stream:
            "\(Format.fixed(figures.percentile * 100, 1))th percentile latency (ns) : \(figures.value(figures.percentile))"
        case .arrivals:
            "Completed samples per second    : \(Format.fixed(figures.judgement.samplesPerSecond ?? 0, 2))"
        case .batch: "Samples per second: \(figures.judgement.samplesPerSecond ?? 0)"
        }
    }

    private static func satisfied(_ what: String, _ isMet: Bool) -> String { what + (isMet ? "Yes" : "NO") }

    private static func warnings(_ figures: MLPerfFigures) -> String {
        figures.judgement.unansweredQueries > 0
            ? "1 warning encountered. See detailed log." : "No warnings encountered during test."
    }

    private static func statistics(_ figures: MLPerfFigures) -> [String] {
        var lines = figures.scenario == .multiStream ? ["Per-query latency:  "] : []
        if figures.scenario == .server {
            lines.append("Scheduled samples per second : \(Format.fixed(figures.scheduledRate, 2))")
        }
        lines += [
            "Min latency (ns)                : \(figures.sorted.first ?? 0)",
            "Max latency (ns)                : \(figures.sorted.last ?? 0)",
            "Mean latency (ns)               : \(figures.meanNs)",
        ]
        lines += MLPerfFigures.percentiles.map {
            "\(Format.fixed($0 * 100, 2)) percentile latency (ns)   : \(figures.value($0))"
        }
        return lines
    }
}
