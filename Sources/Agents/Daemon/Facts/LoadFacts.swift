import Glibc

/// What has been counted since the board was started, of all its cores and of single processes, from /proc.
///
/// Source of the formats: proc(5).
struct LoadFacts {
    let root: FactsRoot
    /// Ticks a second, in which the kernel counts CPU time.
    var ticks = max(1, sysconf(Int32(_SC_CLK_TCK)))

    /// CPU time of all cores, in ticks: what was worked, and what a hypervisor gave to others.
    var cores: (busy: Int, steal: Int)? {
        guard let line = root.content("/proc/stat")?.split(separator: "\n").first, line.hasPrefix("cpu ") else {
            return nil
        }
        // user nice system idle iowait irq softirq steal; a guest's time is in user already.
        let fields = line.split(separator: " ").dropFirst().map { Int($0) ?? 0 }
        guard fields.count >= 8, fields.contains(where: { $0 > 0 }) else { return nil }
        return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6], fields[7])
    }

    /// For how long cores have been busy, all together.
    var busyMs: Int? { cores.map { $0.busy * 1000 / ticks } }

    /// Pages read from swap and written to it.
    var swap: (read: Int, written: Int)? {
        var found: [Substring: Int] = [:]
        for line in (root.content("/proc/vmstat") ?? "").split(separator: "\n") where line.hasPrefix("pswp") {
            let parts = line.split(separator: " ")
            if parts.count == 2 { found[parts[0]] = Int(parts[1]) }
        }
        guard let read = found["pswpin"], let written = found["pswpout"] else { return nil }
        return (read, written)
    }

    /// A process's faults that waited for a disk, and the CPU time of all its threads, in ticks; nil if it is gone.
    func process(_ process: pid_t) -> (majorFaults: Int, busy: Int)? {
        // The name, in parentheses, may itself hold parentheses and spaces.
        guard let content = root.content("/proc/\(process)/stat"), let end = content.lastIndex(of: ")") else {
            return nil
        }
        let fields = content[content.index(after: end)...].split(separator: " ").map { Int($0) ?? 0 }
        guard fields.count > 12 else { return nil }
        return (fields[9], fields[11] + fields[12])
    }

    /// How often each thread of a process gave up its core, and lost it.
    func switches(_ process: pid_t) -> [String: (voluntary: Int, involuntary: Int)] {
        var found: [String: (voluntary: Int, involuntary: Int)] = [:]
        for thread in root.numbered("", in: "/proc/\(process)/task") {
            let fields = root.fields("/proc/\(process)/task/\(thread)/status")
            func number(_ name: String) -> Int? { fields[name].flatMap { Int($0.drop { $0 == "\t" }) } }
            guard let voluntary = number("voluntary_ctxt_switches"),
                let involuntary = number("nonvoluntary_ctxt_switches")
            else { continue }
            found[thread] = (voluntary, involuntary)
        }
        return found
    }
}
