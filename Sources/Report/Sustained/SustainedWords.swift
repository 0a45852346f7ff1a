import Statistics
import Store

extension SustainedSpeed {
    /// What a run's windows say; nil if it was too short, failed, or was emulated, where times mean nothing.
    init?(_ run: RunDetail) {
        guard let window = run.windows.first?.latency.durationNs, run.summary.outcome == .succeeded,
            !run.summary.emulated, let divided = WindowedSamples(run.samples, run.queries, windowNs: window)
        else { return nil }
        self.init(divided, health: run.windows.map(\.health))
    }
}

/// A run's windows, for the terminal.
public enum WindowTable {
    public static let head = [
        "From", "Samples", "p50", "p90", "p99", "Max", "Clock", "Hottest", "Load of others", "Throttling",
    ]

    /// A row a window; none of a short run, nor of an emulated one, whose times mean nothing.
    public static func rows(_ run: RunDetail) -> [[String]] { run.summary.emulated ? [] : SustainedWords.windows(run) }
}

/// What is said of what a board keeps up.
enum SustainedWords {
    static let title = "Sustained"
    static let about =
        "Burst is the median of the first window after the warm-up, sustained that of the last third of all windows. Slower from: the first window from which on every median is more than 5% above the burst, or in which the board told of throttling or of a clock more than 10% lower."
    static let head = ["Run", "Burst", "Sustained", "Sustained / burst", "95% interval", "Slower from", "Seen by"]

    /// The entries that lasted long enough, in the report's order.
    static func entries(_ model: ReportModel) -> [ReportModel.Entry] { model.measured.filter { $0.sustained != nil } }

    static func cells(_ entry: ReportModel.Entry) -> [String] {
        guard let speed = entry.sustained else { return [] }
        return [
            entry.label, Format.duration(speed.size.baseline), Format.duration(speed.size.candidate),
            Format.ratio(speed.size.ratio), Format.interval(speed.size.interval),
            speed.throttling.map(start) ?? "not seen", speed.throttling.map(witnesses) ?? Format.unknown,
        ]
    }

    /// A sentence for each pair of a ranking that changes its order, and one if none does.
    static func flips(_ model: ReportModel) -> [String] {
        let entries = entries(model)
        var sentences: [String] = []
        for group in Set(entries.map(\.group)).sorted() {
            let runs = entries.filter { $0.group == group }
            guard runs.count > 1 else { continue }
            let flips = flips(runs)
            sentences += flips.map { "\(group.place), \($0)" }
            if flips.isEmpty {
                sentences.append(
                    "\(group.place), no two of \(runs.count) runs change their order from burst to sustained, as far as 99% intervals tell."
                )
            }
        }
        return sentences
    }

    private static func flips(_ runs: [ReportModel.Entry]) -> [String] {
        var found: [String] = []
        for (place, one) in runs.enumerated() {
            for other in runs[(place + 1)...] {
                guard let flip = other.sustained.flatMap({ one.sustained?.flip(with: $0) }) else { continue }
                // Both ratios are the other's time over this one's.
                let (early, late) = flip.burst.ratio > 1 ? (one, other) : (other, one)
                let ratios = [flip.burst.ratio, flip.sustained.ratio].map { Format.ratio(max($0, 1 / $0)) }
                found.append(
                    "the order flips: \(name(early)) is faster at first (\(ratios[0])), \(name(late)) sustained (\(ratios[1]))."
                )
            }
        }
        return found
    }

    private static func name(_ entry: ReportModel.Entry) -> String {
        "\(entry.run.summary.variant) (run \(entry.run.summary.id))"
    }

    /// Rows for a run's list of facts; none for a short run.
    static func pairs(_ entry: ReportModel.Entry) -> [(String, String)] {
        guard let speed = entry.sustained else { return [] }
        let (size, window) = (speed.size, Format.duration(Double(speed.windowNs)))
        let last = speed.sustainedWindows == 1 ? "the last one" : "the last \(speed.sustainedWindows)"
        let said =
            "\(Format.duration(size.baseline)) in the first window of \(window), \(Format.duration(size.candidate)) in \(last): \(Format.ratio(size.ratio)) (95% interval \(Format.interval(size.interval)))"
        let slower = speed.throttling.map { "\(start($0)), seen by \(witnesses($0))" } ?? "not seen"
        return [("Sustained", said), ("Slower from", slower)]
    }

    /// A run's windows as a table of text, for the terminal.
    static func windows(_ run: RunDetail) -> [[String]] {
        run.windows.map(cells)
    }

    private static func cells(_ window: Window) -> [String] {
        let (latency, health) = (window.latency, window.health)
        var cells = [Format.duration(Double(latency.startNs)), "\(latency.count)"]
        for time in [latency.p50, latency.p90, latency.p99, latency.maximum] {
            cells.append(Format.duration(Double(time)))
        }
        let clock: String? = health.lowestClockKhz.map { "\($0 / 1000) MHz" }
        let heat: String? = health.highestTemperature.map { "\(Format.fixed(Double($0) / 1000, 1)) °C" }
        let words: String? = health.throttling.map { $0.isEmpty ? "none" : $0.joined(separator: ", ") }
        let others: String? = health.externalLoadCores.map { "\(Format.fixed($0 * 100, 0))% of a core" }
        for text in [clock, heat, others, words] { cells.append(text ?? Format.unknown) }
        return cells
    }

    private static func start(_ throttling: Throttling) -> String {
        throttling.startNs == 0 ? "the start" : Format.duration(Double(throttling.startNs))
    }

    private static func witnesses(_ throttling: Throttling) -> String {
        throttling.witnesses.map { witness in
            switch witness {
            case .latency: "latency"
            case .board(let words): "the board: \(words.joined(separator: ", "))"
            case .clock(let from, let to): "the clock: \(from / 1000) to \(to / 1000) MHz"
            }
        }.joined(separator: "; ")
    }
}
