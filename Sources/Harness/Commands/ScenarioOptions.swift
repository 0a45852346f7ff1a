import AgentAPI
import CommandParser
import Statistics

/// The options of a dispatch that say in which scenario runs are measured, and how long.
enum ScenarioOptions {
    /// Least durations by their names.
    private static let presets: KeyValuePairs<String, Int64> = [
        "quick": 10_000_000_000, "standard": 60_000_000_000, "mlperf": 600_000_000_000,
    ]

    static let scenario = Option.one(
        "scenario", .choice("NAME", Scenario.allCases.map(\.rawValue)), default: "single-stream",
        "How queries are issued: single-stream, multi-stream (8 samples each), server (at random, --target-qps per second) or offline (all samples in one)."
    )
    static let preset = Option.one(
        "preset", .choice("NAME", presets.map(\.key)), default: "quick",
        "Minimum time of the timed phase by name: quick is 10s, standard 60s, mlperf 600s.")
    static let duration = Option.optional(
        "duration", .duration(), "Minimum time of the timed phase, instead of a preset's.")
    static let window = Option.one(
        "window", .duration(atLeast: RunSettings.shortestWindowNs), default: WindowedSamples.usualNs, shown: "1m",
        "Runs of at least two windows of this length are summarised window by window: what a board sustains, and when it throttles."
    )
    static let queries = Option.optional(
        "min-queries", .integer(in: 1...10_000_000),
        "Minimum number of timed queries. If not given, as many as early stopping needs: 64, for multi-stream 662, for server 459."
    )
    static let targetLatency = Option.optional(
        "target-latency", .duration(), "Server: what the 99th percentile of the latencies must not exceed.")
    static let targetRate = Option.optional(
        "target-qps", .number("RATE"), "Server: how many queries arrive per second, on average.")
    static let all: [any Parameter] = [scenario, preset, duration, window, queries, targetLatency, targetRate]

    /// Writes what was asked for into `settings`; throws what is wrong with it.
    static func apply(_ arguments: ParsedArguments, to settings: inout RunSettings) throws {
        settings.scenario = arguments[scenario]
        let isServer = settings.knownScenario == .server
        if isServer, arguments[targetLatency] == nil || arguments[targetRate] == nil {
            throw UsageError("--scenario server needs --target-latency TIME and --target-qps RATE")
        }
        if !isServer, arguments[targetLatency] != nil || arguments[targetRate] != nil {
            throw UsageError("--target-latency and --target-qps are for --scenario server only")
        }
        settings.minDurationNs =
            arguments[duration] ?? presets.first { $0.key == arguments[preset] }?.value ?? settings.minDurationNs
        settings.windowNs = arguments[window] == WindowedSamples.usualNs ? nil : arguments[window]
        settings.targetQueriesPerSecond = arguments[targetRate]
        settings.latencyBoundNs = arguments[targetLatency]
        settings.minQueries = arguments[queries] ?? leastQueries(settings)
        settings.maxQueries = max(settings.minQueries, RunSettings.queriesWithin(leastNs: settings.minDurationNs))
        do { try settings.check() } catch { throw UsageError(error.message) }
    }

    /// How few may do: as many as early stopping needs, of a server if none is over the bound.
    private static func leastQueries(_ settings: RunSettings) -> Int {
        guard let rules = settings.rules(), rules.scenario != .offline else { return 1 }
        return EarlyStopping.minimumQueries(above: rules.scenario == .server ? 0 : 1, percentile: rules.percentile)
    }
}
