import AgentWire

/// What a board said of its state around a run, and whether it was slowed.
struct ConditionsRecord: Hashable, Sendable, Encodable {
    var before: BoardConditions?
    var after: BoardConditions?

    /// For the database; nil if the board was never asked.
    var json: String? { before == nil && after == nil ? nil : Planner.text(self) }

    /// Why the board was slowed at one of the two moments or in between, each word once; nil if it did not say so.
    var throttling: String? {
        var words: [String] = []
        func add(_ more: some Sequence<String>) { for word in more where !words.contains(word) { words.append(word) } }
        for moment in [before, after].compactMap(\.self) {
            add(moment.throttling?.now ?? [])
            for gpu in moment.gpus { add((gpu.throttleReasons ?? []).filter(Self.slows)) }
        }
        // What has happened since the board started, and had not before the run.
        if let after, let before {
            add(Set(after.throttling?.sinceBoot ?? []).subtracting(before.throttling?.sinceBoot ?? []).sorted())
            if let late = after.throttleEvents, let early = before.throttleEvents, late > early {
                add(["thermal-throttling"])
            }
        }
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }

    /// A GPU that idles before and after a run has a low clock, and that is no distress; nor is a clock the user set.
    private static func slows(_ reason: String) -> Bool {
        !["gpu-idle", "applications-clocks-setting", "display-clock-setting", "sync-boost"].contains(reason)
    }
}
