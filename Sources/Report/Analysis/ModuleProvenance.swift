import FoundationEssentials
import Store
import Text

/// How a module's schedules were chosen and what its bytes were calibrated on, read off the stored bundle.json.
struct ModuleProvenance: Hashable, Sendable {
    /// The parts of bundle.json that are read here; what else is in it does not matter.
    private struct Manifest: Decodable {
        var tuning: Tuning?
        var calibration: Calibration?
    }

    private struct Tuning: Decodable {
        var layers: Int
        var measured: Int
        var measured_on: [String]
    }

    private struct Calibration: Decodable {
        var slices: Int
        var dataset_sha256: String?
        var dice: Double?
    }

    /// In a few words; nil where there was nothing to choose.
    var schedules: String?
    /// As a sentence; nil for all but modules that compute with bytes.
    var calibration: String?

    /// What the bundle of `run` says, seen from the board it ran on.
    init(_ run: RunDetail) {
        let bytes = Data(run.bundle.manifestJSON.utf8)
        // A manifest of another version may lack it or spell it otherwise; then nothing is known.
        guard let manifest = try? JSONDecoder().decode(Manifest.self, from: bytes) else { return }
        schedules = manifest.tuning.map { Self.schedules($0, board: run.board) }
        calibration = manifest.calibration.map(Self.calibration)
    }

    private static func schedules(_ tuning: Tuning, board: BoardRecord?) -> String {
        guard tuning.measured > 0 else { return "untuned" }
        // A search through an emulated agent names its CPU so.
        let own = board?.cpuModel.map { $0 + (board?.emulated == true ? " (emulated)" : "") }
        let others = tuning.measured_on.filter { $0 != own }
        let part =
            tuning.measured < tuning.layers ? "partly tuned (\(tuning.measured) of \(tuning.layers) layers)" : nil
        let names = (others.isEmpty ? tuning.measured_on : others).joined(separator: ", ")
        // Of a run without a board nobody knows whether it is the same.
        guard own != nil, !others.isEmpty else { return part ?? "tuned on \(names)" }
        return "\(part ?? "tuned") on another CPU: \(names)"
    }

    private static func calibration(_ calibration: Calibration) -> String {
        let head = "ranges from \(calibration.slices) slices"
        guard let dice = calibration.dice else { return "\(head); Dice not computed" }
        let data = calibration.dataset_sha256.map { " on the data set with SHA-256 \($0)" } ?? ""
        return "\(head); Dice \(Format.dice(dice)) with bytes\(data)"
    }
}
