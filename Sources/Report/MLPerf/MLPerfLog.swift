import Store

/// A run as the three files that MLPerf LoadGen leaves of a test, so that programs which read its logs read ours.
public enum MLPerfLog {
    /// Files by name; nil if the run was not judged: it failed, or was made before scenarios.
    public static func render(_ run: RunDetail, version: String) -> [(name: String, text: String)]? {
        guard let figures = MLPerfFigures(run) else { return nil }
        return [
            ("mlperf_log_summary.txt", MLPerfSummary.render(figures)),
            ("mlperf_log_detail.txt", MLPerfDetail.render(figures, version: version)),
            ("mlperf_log_accuracy.json", accuracy(run)),
        ]
    }

    /// One entry a slice of the accuracy pass. What LoadGen keeps is the answer's bytes; of a mask the database keeps counts: pixels
    /// in both masks, in the predicted and in the true one, each as a little-endian 32-bit number.
    private static func accuracy(_ run: RunDetail) -> String {
        let entries = run.slices.enumerated().map { index, slice in
            let data = [slice.intersection, slice.predicted, slice.truth].map(hex).joined()
            return "{ \"seq_id\" : \(index), \"qsl_idx\" : \(index), \"data\" : \"\(data)\" }"
        }
        return "[\n\(entries.joined(separator: ",\n"))\(entries.isEmpty ? "" : "\n")]\n"
    }

    private static func hex(_ number: Int) -> String {
        (0..<4).map { byte in
            let digits = String((number >> (8 * byte)) & 0xFF, radix: 16, uppercase: true)
            return digits.count == 1 ? "0\(digits)" : digits
        }.joined()
    }
}
