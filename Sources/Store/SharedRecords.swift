import JSON
@_exported import Results

// Where the values that wire, database and report share are stored, as far as a column is not called as its property is.

extension Sample: StoredRecord { static let columns: [String: ColumnRule] = ["index": .named("sample_index")] }

extension Query: StoredRecord { static let columns: [String: ColumnRule] = ["index": .named("query_index")] }

extension Phase: StoredRecord { static let columns: [String: ColumnRule] = ["memory": .group(present: "rss_bytes")] }

extension MemorySnapshot: StoredRecord {
    static let columns: [String: ColumnRule] = [
        "residentBytes": .named("rss_bytes"), "peakResidentBytes": .named("peak_rss_bytes"),
    ]
}

extension SliceScore: StoredRecord {
    static let columns: [String: ColumnRule] = [
        "index": .named("slice_index"), "intersection": .named("intersection_px"), "predicted": .named("predicted_px"),
        "truth": .named("truth_px"), "largestIntersection": .named("largest_intersection_px"),
        "largestPredicted": .named("largest_predicted_px"), "pngSha256": .elsewhere,
    ]
}

extension Health: StoredRecord {
    static let columns: [String: ColumnRule] = [
        "readings": .group(), "idleWait": .group(prefix: "settle_", present: "settle_wish"),
    ]
    /// The limits as they are stored.
    public var limitsJSON: String { (try? WireJSON.encode(limits)).map { String(decoding: $0, as: UTF8.self) } ?? "{}" }
}

extension HealthReadings: StoredRecord {
    static let columns: [String: ColumnRule] = [
        "temperatureAtStart": .named("temperature_at_start_mc"), "highestTemperature": .named("highest_temperature_mc"),
        "windows": .elsewhere,
    ]
}

extension IdleWait: StoredRecord { static let columns: [String: ColumnRule] = ["condition": .named("wish")] }

extension Window: StoredRecord { static let columns: [String: ColumnRule] = ["latency": .group(), "health": .group()] }

extension LatencyWindow: StoredRecord {
    static let columns: [String: ColumnRule] = [
        "index": .named("window_index"), "count": .named("samples"), "p50": .named("p50_ns"), "p90": .named("p90_ns"),
        "p99": .named("p99_ns"), "maximum": .named("max_ns"),
    ]
}

extension HealthWindow: StoredRecord {
    static let columns: [String: ColumnRule] = [
        "index": .named("window_index"), "highestTemperature": .named("highest_temperature_mc"),
    ]
}

extension LatencyFigures: StoredRecord {}

extension RunValidity: StoredRecord {
    static let columns: [String: ColumnRule] = [
        "reasons": .elsewhere, "minDurationNs": .named("least_duration_ns"), "minQueries": .named("least_queries"),
        "latencyNs": .named("result_latency_ns"), "samplesPerSecond": .named("result_samples_per_second"),
    ]
}

extension RunValidity.Reason: StoredRecord {}
extension Failure: StoredRecord {}
extension FunctionTimes: StoredRecord {}
extension Roofline: StoredRecord {}

extension Board: StoredRecord {
    /// What a report needs has a column, all else is in `facts_json` alone.
    static var mayLackColumns: Bool { true }
}
