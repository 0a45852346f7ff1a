import AgentAPI

/// Clocks and their governors, from /sys/devices/system/cpu/cpufreq; most virtual machines have none.
struct ClockFacts {
    let root: FactsRoot
    private static let folder = "/sys/devices/system/cpu/cpufreq"

    private var policies: [String] { root.numbered("policy", in: Self.folder).map { "\(Self.folder)/\($0)" } }

    /// What stays.
    var domains: [AgentInfo.Board.ClockDomain] {
        policies.map { policy in
            // `related_cpus` is a list with spaces; `affected_cpus` leaves out cores that are offline.
            let cores = root.text("\(policy)/related_cpus")?.split(separator: " ").compactMap { Int($0) } ?? []
            return .init(
                cores: CoreList.text(cores), governor: root.text("\(policy)/scaling_governor"),
                driver: root.text("\(policy)/scaling_driver"), minimumKhz: root.number("\(policy)/scaling_min_freq"),
                maximumKhz: root.number("\(policy)/scaling_max_freq"))
        }
    }

    /// The clock of each domain now, in kHz.
    var current: [Int?] {
        policies.map { root.number("\($0)/cpuinfo_cur_freq") ?? root.number("\($0)/scaling_cur_freq") }
    }
}
