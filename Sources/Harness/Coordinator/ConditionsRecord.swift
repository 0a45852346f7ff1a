import AgentAPI

/// A board's conditions around a run, and whether it was throttled.
struct ConditionsRecord: Hashable, Sendable, Encodable {
    var before: BoardConditions?
    var after: BoardConditions?

    /// JSON for the database; nil if the board was never asked.
    var json: String? { before == nil && after == nil ? nil : Planner.text(self) }

    /// Why the board was throttled before, during or after the run, each reason once; nil if it reported nothing.
    ///
    /// A GPU counts only if the run was on it, `device`.
    func throttling(on device: String) -> String? {
        let reasons = throttling(on: device, certain: false)
        return reasons.isEmpty ? nil : reasons.joined(separator: ", ")
    }

    /// The same as a list; `certain` leaves out what may have happened before the run.
    func throttling(on device: String, certain: Bool) -> [String] {
        var reasons: [String] = []
        func add(_ more: some Sequence<String>) {
            for reason in more where !reasons.contains(reason) { reasons.append(reason) }
        }
        for moment in [before, after].compactMap(\.self) {
            add(moment.throttling?.now ?? [])
            for gpu in moment.gpus where gpu.device == device { add((gpu.throttleReasons ?? []).filter(Self.slows)) }
        }
        if let after, let before {
            let (late, early) = (after.throttling?.sinceBoot ?? [], before.throttling?.sinceBoot ?? [])
            add(late.filter { !early.contains($0) })
            // The firmware keeps its flags until the next boot, so whether it happened again is unknown.
            if !certain {
                add(
                    late.filter { early.contains($0) && !reasons.contains($0) }.map {
                        "\($0) (before this run or in it)"
                    }
                )
            }
            if Self.grew(early: before.throttleEvents, late: after.throttleEvents) { add(["thermal-throttling"]) }
            for (early, late) in zip(before.gpus, after.gpus) where early.device == device && late.device == device {
                if Self.grew(early: early.powerViolationNs, late: late.powerViolationNs) { add(["gpu-power-limit"]) }
                if Self.grew(early: early.thermalViolationNs, late: late.thermalViolationNs) {
                    add(["gpu-thermal-limit"])
                }
            }
        }
        return reasons
    }

    private static func grew(early: Int?, late: Int?) -> Bool {
        guard let early, let late else { return false }
        return late > early
    }

    /// A GPU that idles before and after a run has a low clock, which is not throttling; nor is a clock set by the user.
    private static func slows(_ reason: String) -> Bool {
        !["gpu-idle", "applications-clocks-setting", "display-clock-setting", "sync-boost"].contains(reason)
    }
}
