import FoundationEssentials
import Statistics
import Store
import Text

/// The lines of `mlperf_log_detail.txt`: `:::MLLOG` and a JSON object with one key and its value.
///
/// Keys and their order are those of MLPerf Inference LoadGen 6.0; what it does not know is not among them.
enum MLPerfDetail {
    enum Value {
        case text(String)
        case integer(Int64)
        case number(Double)
        case flag(Bool)

        var text: String {
            switch self {
            case .text(let value): value
            case .integer(let value): "\(value)"
            case .number(let value): value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
            case .flag(let value): value ? "1" : "0"
            }
        }

        var json: String {
            switch self {
            case .text(let value):
                (try? JSONEncoder().encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
            case .flag(let value): "\(value)"
            default: text
            }
        }
    }

    static func render(_ figures: MLPerfFigures, version: String) -> String {
        let end = Double(figures.run.queries.closingNs) / 1e6
        var lines = head(figures, version: version).map { line($0, $1, 0) }
        lines += parameters(figures).map { line("effective_\($0.key)", $0.value, 0) }
        lines += generated(figures).map { line($0, $1, 0) }
        if figures.judgement.unansweredQueries > 0 {
            let text = Value.text("\(figures.judgement.unansweredQueries) queries were never answered")
            lines.append(line("warning_generic_message", text, end, isWarning: true))
        }
        lines += results(figures).map { line($0, $1, end) }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func line(_ key: String, _ value: Value, _ timeMs: Double, isWarning: Bool = false) -> String {
        ":::MLLOG {\"key\": \"\(key)\", \"value\": \(value.json), \"time_ms\": \(timeMs), \"namespace\": \"mlperf::logging\", "
            + "\"event_type\": \"POINT_IN_TIME\", \"metadata\": {\"is_error\": false, \"is_warning\": \(isWarning), "
            + "\"file\": \"harness\", \"line_no\": 0, \"pid\": 0, \"tid\": 0}}"
    }

    private static func head(_ figures: MLPerfFigures, version: String) -> [(String, Value)] {
        let slices = Int64(figures.run.dataset?.slices ?? 1)
        let scenario = figures.scenarioName
        return [
            ("loadgen_version", .text("none: exported by harness \(version) from its results database")),
            ("test_datetime", .text(figures.run.summary.startedAt)), ("sut_name", .text(figures.systemName)),
            ("qsl_name", .text(figures.run.dataset?.name ?? "noise")), ("qsl_reported_total_count", .integer(slices)),
            ("qsl_reported_performance_count", .integer(inputs(figures))), ("requested_scenario", .text(scenario)),
            ("requested_test_mode", .text("PerformanceOnly")),
            ("requested_min_duration_ms", .integer(figures.judgement.minDurationNs / 1_000_000)),
            ("requested_min_query_count", .integer(Int64(figures.judgement.minQueries))),
        ]
    }

    /// Inputs that are held decoded for the timed queries.
    private static func inputs(_ figures: MLPerfFigures) -> Int64 { Int64(min(figures.run.dataset?.slices ?? 1, 8)) }

    /// The effective settings: the key without its prefix, and the name that LoadGen's summary has for it, if it has any.
    static func parameters(_ figures: MLPerfFigures) -> [(key: String, name: String?, value: Value)] {
        let (judgement, seed) = (figures.judgement, Value.integer(figures.run.seed))
        let isServer = figures.scenario == .server
        let leastSamples = Int64(judgement.minQueries) * Int64(judgement.samplesPerQuery)
        var rows: [(String, String?, Value)] = [
            ("scenario", nil, .text(figures.scenarioName)), ("test_mode", nil, .text("PerformanceOnly")),
            ("samples_per_query", "samples_per_query", .integer(Int64(judgement.samplesPerQuery))),
            ("target_qps", "target_qps", .number(judgement.targetQueriesPerSecond ?? 0)),
            ("target_latency_ns", "target_latency (ns)", .integer(judgement.latencyBoundNs ?? 0)),
        ]
        if figures.scenario != .offline {
            rows.append(("target_latency_percentile", nil, .number(figures.percentile)))
        }
        rows += [
            ("max_async_queries", "max_async_queries", .integer(isServer ? 0 : 1)),
            ("min_duration_ms", "min_duration (ms)", .integer(judgement.minDurationNs / 1_000_000)),
            ("max_duration_ms", "max_duration (ms)", .integer(0)),
            ("min_query_count", "min_query_count", .integer(Int64(judgement.minQueries))),
            ("max_query_count", "max_query_count", .integer(0)),
            ("min_sample_count", nil, .integer(leastSamples)), ("qsl_rng_seed", "qsl_rng_seed", seed),
            ("sample_index_rng_seed", "sample_index_rng_seed", seed), ("schedule_rng_seed", "schedule_rng_seed", seed),
            ("accuracy_log_rng_seed", "accuracy_log_rng_seed", .integer(0)),
            ("accuracy_log_probability", "accuracy_log_probability", .integer(0)),
            ("accuracy_log_sampling_target", "accuracy_log_sampling_target", .integer(0)),
            ("print_timestamps", "print_timestamps", .flag(false)),
            ("performance_issue_unique", "performance_issue_unique", .flag(false)),
            ("performance_issue_same", "performance_issue_same", .flag(false)),
            ("performance_issue_same_index", "performance_issue_same_index", .integer(0)),
            ("performance_sample_count", "performance_sample_count", .integer(inputs(figures))),
            ("accuracy_sample_count", "accuracy_sample_count", .integer(Int64(figures.run.dataset?.slices ?? 1))),
        ]
        return rows.map { (key: $0.0, name: $0.1, value: $0.2) }
    }

    private static func generated(_ figures: MLPerfFigures) -> [(String, Value)] {
        [
            ("generated_query_count", .integer(Int64(figures.judgement.queries))),
            ("generated_samples_per_query", .integer(Int64(figures.judgement.samplesPerQuery))),
            ("generated_query_duration", .integer(figures.run.queries.last?.issuedNs ?? 0)),
        ]
    }

    private static func results(_ figures: MLPerfFigures) -> [(String, Value)] {
        let judgement = figures.judgement
        var rows: [(String, Value)] = [("result_validity", .text(figures.validity))]
        if figures.scenario == .server {
            rows.append(("result_perf_constraints_met", .flag(figures.met("latency-bound"))))
        }
        rows += [
            ("result_min_duration_met", .flag(figures.met("duration"))),
            ("result_min_queries_met", .flag(figures.met("queries"))),
            ("early_stopping_met", .flag(figures.met("early-stopping"))),
        ]
        if !judgement.isValid {
            let reasons = judgement.reasons.map(\.message).joined(separator: "; ")
            rows.append(("result_invalid_reason", .text(reasons)))
        }
        rows.append(("early_stopping_result", .text(figures.earlyStopping.joined(separator: " "))))
        rows.append(("result_query_count", .integer(Int64(judgement.queries))))
        let isMulti = figures.scenario == .multiStream
        switch figures.scenario.pattern {
        case .stream where isMulti: rows.append(("early_stopping_latency_ms", .integer(judgement.latencyNs ?? 0)))
        case .stream:
            rows += [
                ("result_qps_with_loadgen_overhead", .number(figures.scheduledRate)),
                ("result_qps_without_loadgen_overhead", .number(figures.rate(1, figures.meanNs))),
                ("early_stopping_latency_ss", .integer(judgement.latencyNs ?? 0)),
                ("early_stopping_latency_ms", .integer(figures.p99EstimateNs)),
            ]
        case .arrivals:
            rows += [
                ("result_overlatency_query_count", .integer(Int64(figures.overLatency))),
                ("result_scheduled_samples_per_sec", .number(figures.scheduledRate)),
                ("result_completed_samples_per_sec", .number(judgement.samplesPerSecond ?? 0)),
            ]
        case .batch: rows.append(("result_samples_per_second", .number(judgement.samplesPerSecond ?? 0)))
        }
        let ends = [("min", figures.sorted.first ?? 0), ("max", figures.sorted.last ?? 0), ("mean", figures.meanNs)]
        rows += ends.map { ("result_\($0.0)_\(isMulti ? "query_" : "")latency_ns", .integer($0.1)) }
        rows += MLPerfFigures.percentiles.map { percentile in
            let name =
                "result_\(Format.fixed(percentile * 100, 2))_percentile_\(isMulti ? "per_query_" : "")latency_ns"
            return (name, .integer(figures.value(percentile)))
        }
        return rows + [("num_errors", .integer(0))]
    }
}

extension RunDetail {
    /// The seed it was asked to go by; 0 if its settings do not say.
    fileprivate var seed: Int64 {
        struct Settings: Decodable { var seed: Int64 }
        let data = Data(requestedSettingsJSON.utf8)
        return (try? JSONDecoder().decode(Settings.self, from: data))?.seed ?? 0
    }
}
