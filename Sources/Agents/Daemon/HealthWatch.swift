import POSIX
import AgentAPI
import Glibc
import Statistics

/// Reads the state of board and runner while a run is timed; belongs to the thread that supervises the runner.
///
/// That thread wakes anyway and reads some small files at the borders of the timed phase and once a second within. It asks the runner for
/// nothing, so that nothing is added to what is timed.
final class HealthWatch {
    private static let defaultIntervalNs: Int64 = 1_000_000_000
    /// A week of minutes. What comes later is only part of the whole.
    private static let mostWindows = 10_080

    private let facts: BoardFacts
    private let process: pid_t
    private let counters: PerformanceCounters
    private var start: HealthCounts?
    private var states: [HealthState] = []
    private var next: Int64 = 0
    private let windowNs: Int64
    private let intervalNs: Int64
    /// Those that have ended.
    private(set) var windows: [HealthWindow] = []
    /// Where the present window began: counts, and the place of its first state.
    private var opened: (counts: HealthCounts, state: Int)?

    /// Watches `process`, which has only just been started; window by window of a length, nil for a minute.
    init(_ process: pid_t, facts: BoardFacts, windowNs: Int64? = nil) {
        self.windowNs = windowNs ?? WindowedSamples.usualNs
        intervalNs = min(Self.defaultIntervalNs, self.windowNs / 2)
        (self.facts, self.process) = (facts, process)
        counters = PerformanceCounters(of: process)
    }

    /// Takes an event of the runner; returns the readings once its timed phase has ended.
    func record(_ event: RunnerEvent) -> HealthReadings? {
        switch event {
        case .phaseStarted(.timed):
            states = [HealthState(facts)]
            let counts = HealthCounts(facts.root, process, counters)
            start = counts
            opened = (counts, 0)
            windows = []
            next = MonotonicClock.now() + intervalNs
            return nil
        case .phaseFinished(.timed, _, _):
            guard let start else { return nil }
            let end = HealthCounts(facts.root, process, counters)
            states.append(HealthState(facts))
            self.start = nil
            closeWindow(end, since: start)
            var readings = HealthReadings(from: start, to: end, states, countersProblem: counters.problem)
            if windows.count >= 2 { readings.windows = windows }
            return readings
        default: return nil
        }
    }

    /// Takes a reading if one is due.
    func tick() {
        let now = MonotonicClock.now()
        guard let start, now >= next else { return }
        next += intervalNs
        states.append(HealthState(facts))
        guard let opened, now - start.atNs >= (window(opened.counts, since: start) + 1) * windowNs else { return }
        closeWindow(HealthCounts(facts.root, process, counters), since: start)
    }

    /// The number of the window that begins with these counts.
    private func window(_ counts: HealthCounts, since start: HealthCounts) -> Int64 {
        (counts.atNs - start.atNs) / windowNs
    }

    /// Sums the present window up and opens the next.
    private func closeWindow(_ end: HealthCounts, since start: HealthCounts) {
        guard let opened, windows.count < Self.mostWindows else { return }
        let readings = HealthReadings(
            from: opened.counts, to: end, Array(states[opened.state...]), countersProblem: counters.problem)
        windows.append(HealthWindow(index: Int(window(opened.counts, since: start)), readings))
        self.opened = (end, states.count - 1)
    }
}

/// Counters at one moment.
struct HealthCounts {
    var atNs: Int64
    var ticks: Int
    var cores: (busy: Int, steal: Int)?
    var swap: (read: Int, written: Int)?
    var runner: (majorFaults: Int, busy: Int)?
    var switches: [String: (voluntary: Int, involuntary: Int)]
    var counters: PerformanceCounters.Counts?
    var throttleEvents: Int?

    init(_ root: FactsRoot, _ process: pid_t, _ counters: PerformanceCounters?, atNs: Int64 = MonotonicClock.now()) {
        let load = LoadFacts(root: root)
        self.atNs = atNs
        (ticks, cores, swap) = (load.ticks, load.cores, load.swap)
        (runner, switches) = (load.process(process), load.switches(process))
        self.counters = counters?.read()
        throttleEvents = ThermalFacts(root: root).throttleEvents
    }
}

/// What a board is like at one moment, as far as it is known without starting a program.
struct HealthState {
    var governor: String?
    /// Of the fastest core; those that rest are slower.
    var clockKhz: Int?
    var hottest: Int?
    var throttling: BoardConditions.Throttling?

    init(_ facts: BoardFacts) {
        let clocks = ClockFacts(root: facts.root)
        governor = clocks.domains.first?.governor
        clockKhz = clocks.current.compactMap(\.self).max()
        hottest = ThermalFacts(root: facts.root).temperatures.map(\.millidegreesCelsius).max()
        throttling = FirmwareThrottling(root: facts.root).fromFile
    }
}

extension HealthReadings {
    /// The kernel counts CPU time in ticks of a hundredth of a second: less than this is too short to measure a load.
    private static let leastWindowNs: Int64 = 1_000_000_000

    /// What happened between two moments, and the extremes of the `states` from the first to the last.
    init(from start: HealthCounts, to end: HealthCounts, _ states: [HealthState], countersProblem: String?) {
        self.init(windowNs: end.atNs - start.atNs, readings: states.count)
        addStates(states, events: (start.throttleEvents, end.throttleEvents))
        addLoad(start, end)
        if let before = start.swap, let after = end.swap {
            swapInPages = after.read - before.read
            swapOutPages = after.written - before.written
        } else {
            unavailable["swap"] = "/proc/vmstat does not report it"
        }
        addRunner(start, end, countersProblem)
    }

    private mutating func addStates(_ states: [HealthState], events: (Int?, Int?)) {
        governor = states.last?.governor
        if governor == nil { unavailable["governor"] = "the kernel has no cpufreq here" }
        let clocks = states.compactMap(\.clockKhz)
        (lowestClockKhz, highestClockKhz) = (clocks.min(), clocks.max())
        if clocks.isEmpty { unavailable["clock"] = "the kernel has no cpufreq here" }
        (temperatureAtStart, highestTemperature) = (states.first?.hottest, states.compactMap(\.hottest).max())
        if highestTemperature == nil { unavailable["temperature"] = "the board has no sensor" }
        let reports = states.compactMap(\.throttling)
        if reports.isEmpty, events.0 == nil || events.1 == nil {
            unavailable["throttling"] = "neither the firmware nor the cores report it"
            return
        }
        var reasons: [String] = []
        for report in reports { for reason in report.now where !reasons.contains(reason) { reasons.append(reason) } }
        // Between two readings, as far as it had not happened before.
        if let first = reports.first, let last = reports.last {
            reasons += last.sinceBoot.filter { !first.sinceBoot.contains($0) && !reasons.contains($0) }
        }
        if let before = events.0, let after = events.1, after > before { reasons.append("thermal-throttling") }
        throttling = reasons
    }

    private mutating func addLoad(_ start: HealthCounts, _ end: HealthCounts) {
        guard let before = start.cores, let after = end.cores else {
            for reading in ["foreign-load", "steal"] { unavailable[reading] = "/proc/stat does not report it" }
            return
        }
        guard windowNs >= Self.leastWindowNs else {
            for reading in ["foreign-load", "steal"] {
                unavailable[reading] = "the timed phase was shorter than a second"
            }
            return
        }
        let seconds = Double(windowNs) / 1e9
        func cores(_ ticks: Int) -> Double { Double(max(0, ticks)) / Double(end.ticks) / seconds }
        stealCores = cores(after.steal - before.steal)
        guard let runnerBefore = start.runner, let runnerAfter = end.runner else {
            unavailable["foreign-load"] = "the runner had exited"
            return
        }
        let all = after.busy - before.busy
        let own = runnerAfter.busy - runnerBefore.busy
        // A kernel that does not count, as some containers' does not, would make any board look quiet.
        guard Double(all) > 0.8 * Double(own) else {
            unavailable["foreign-load"] = "/proc/stat counts less than the runner's own work"
            return
        }
        externalLoadCores = cores(all - own)
    }

    private mutating func addRunner(_ start: HealthCounts, _ end: HealthCounts, _ problem: String?) {
        if let before = start.runner, let after = end.runner {
            majorFaults = after.majorFaults - before.majorFaults
        } else {
            unavailable["major-faults"] = "the runner had exited"
        }
        // A thread that has ended takes its count with it.
        if end.switches.isEmpty || !start.switches.keys.allSatisfy({ end.switches[$0] != nil }) {
            unavailable["switches"] = "threads of the runner had exited"
        } else {
            var sums = (voluntary: 0, involuntary: 0)
            for (thread, after) in end.switches {
                let before = start.switches[thread] ?? (0, 0)
                sums.voluntary += after.voluntary - before.voluntary
                sums.involuntary += after.involuntary - before.involuntary
            }
            (voluntarySwitches, involuntarySwitches) = (sums.voluntary, sums.involuntary)
        }
        if let before = start.counters, let after = end.counters {
            cycles = after.cycles - before.cycles
            instructions = after.instructions - before.instructions
            cacheMisses = after.cacheMisses - before.cacheMisses
        } else {
            unavailable["counters"] = problem ?? "the kernel gave no reason"
        }
    }
}
