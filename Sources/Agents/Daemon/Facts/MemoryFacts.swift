import AgentAPI

/// Memory, from /proc/meminfo and the limits of control groups.
struct MemoryFacts {
    let root: FactsRoot

    var total: Int? { bytes("MemTotal") }
    var swap: Int? { bytes("SwapTotal") }

    /// What a new process may take without swapping: the kernel's estimate, or what a control group leaves if that is less.
    var available: Int? { [bytes("MemAvailable"), ControlGroups(root: root).availableMemory].compactMap(\.self).min() }

    private func bytes(_ name: String) -> Int? {
        root.fields("/proc/meminfo")[name]?.split(separator: " ").first.flatMap { Int($0) }.map { $0 * 1024 }
    }
}

/// What control groups leave this process, of version 1 or 2; of nested groups the narrowest counts.
///
/// Source: Linux' Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst.
struct ControlGroups {
    let root: FactsRoot
    private static let mount = "/sys/fs/cgroup"

    /// Nil if nothing is limited.
    var limits: AgentInfo.Board.Limits? {
        let limits = AgentInfo.Board.Limits(
            memoryBytes: memoryGroups.compactMap(\.limit).min(), cpuCores: cpuCores, cores: cores,
            processes: groups("pids").compactMap { root.number("\($0)/pids.max") }.min())
        return limits == .init() ? nil : limits
    }

    /// The least that any group leaves: its limit less what is used and could not be given back.
    var availableMemory: Int? {
        memoryGroups.compactMap { group in
            group.limit.map { max(0, $0 - max(0, (group.used ?? 0) - (group.reclaimable ?? 0))) }
        }.min()
    }

    private struct MemoryGroup {
        var limit: Int?
        var used: Int?
        /// Pages of files, used lately or not, and the kernel's caches: what it gives back before it kills anybody.
        var reclaimable: Int?
    }

    private var memoryGroups: [MemoryGroup] {
        let names = isUnified ? ("memory.max", "memory.current") : ("memory.limit_in_bytes", "memory.usage_in_bytes")
        return groups("memory").map { folder in
            // Version 1 writes “no limit” as the largest number of whole pages.
            let limit = root.number("\(folder)/\(names.0)").flatMap { $0 < 1 << 60 ? $0 : nil }
            return MemoryGroup(
                limit: limit, used: root.number("\(folder)/\(names.1)"),
                reclaimable: reclaimable("\(folder)/memory.stat"))
        }
    }

    private func reclaimable(_ file: String) -> Int? {
        let names =
            isUnified
            ? ["active_file", "inactive_file", "slab_reclaimable"] : ["total_active_file", "total_inactive_file"]
        let numbers = (root.content(file) ?? "").split(separator: "\n").compactMap { line -> Int? in
            let fields = line.split(separator: " ")
            return fields.count == 2 && names.contains(String(fields[0])) ? Int(fields[1]) : nil
        }
        return numbers.isEmpty ? nil : numbers.reduce(0, +)
    }

    private var cpuCores: Double? {
        groups("cpu").compactMap { folder -> Double? in
            let fields =
                isUnified
                ? root.text("\(folder)/cpu.max")?.split(separator: " ").map(String.init) ?? []
                : [root.text("\(folder)/cpu.cfs_quota_us"), root.text("\(folder)/cpu.cfs_period_us")].compactMap(\.self)
            guard fields.count == 2, let quota = Double(fields[0]), quota > 0, let period = Double(fields[1]),
                period > 0
            else { return nil }
            return quota / period
        }.min()
    }

    /// Nil if all cores of the board may be used.
    private var cores: String? {
        let file = isUnified ? "cpuset.cpus.effective" : "cpuset.effective_cpus"
        guard let list = groups("cpuset").lazy.compactMap({ root.text("\($0)/\(file)") }).first,
            list != root.text("/sys/devices/system/cpu/online")
        else { return nil }
        return list
    }

    /// Whether version 2 alone is mounted.
    private var isUnified: Bool { root.exists("\(Self.mount)/cgroup.controllers") }

    /// Folders of the groups this process is in, the innermost first.
    private func groups(_ controller: String) -> [String] {
        let lines = (root.content("/proc/self/cgroup") ?? "").split(separator: "\n").map {
            $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        }
        let own = lines.first { line in
            guard line.count == 3 else { return false }
            return isUnified ? line[1].isEmpty : line[1].split(separator: ",").contains { $0 == controller }
        }
        let base = isUnified ? Self.mount : "\(Self.mount)/\(controller)"
        var names = (own?[2] ?? "").split(separator: "/").map(String.init)
        var folders: [String] = []
        while true {
            folders.append(names.isEmpty ? base : "\(base)/\(names.joined(separator: "/"))")
            guard names.popLast() != nil else { break }
        }
        // In a container the path may be the host's, which is not mounted there; the base then is the container's own.
        return folders.filter(root.exists)
    }
}
