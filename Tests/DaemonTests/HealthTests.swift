import AgentAPI
import FoundationEssentials
import Glibc
import Statistics
import TestSupport
import Testing

@testable import AgentDaemon

/// What the agent reads while a run is timed: from files that a board could have, and of this machine.
@Suite struct HealthTests {
    /// /proc of a board with a runner, process 42, of two threads.
    private static func tree(
        busy: Int, steal: Int, runner: Int, faults: Int = 0, swapped: Int = 0, voluntary: Int = 0, lost: Int = 0
    ) throws -> TemporaryFolder {
        let root = try TemporaryFolder()
        try root.write("proc/stat", "cpu  \(busy) 0 0 1000 50 0 0 \(steal) 0 0\ncpu0 1 0 0 0 0 0 0 0 0 0\n")
        try root.write("proc/vmstat", "pswpin 7\npswpout \(swapped)\npgmajfault 9\n")
        try root.write(
            "proc/42/stat", "42 (a (b) c) R 1 42 42 0 -1 4194560 100 0 \(faults) 0 \(runner) 10 0 0 20 0 2 0 5 6 7\n")
        for thread in [42, 43] {
            try root.write(
                "proc/42/task/\(thread)/status",
                "Name:\tx\nvoluntary_ctxt_switches:\t\(voluntary)\nnonvoluntary_ctxt_switches:\t\(lost)\n")
        }
        return root
    }

    private static func counts(_ root: TemporaryFolder, atNs: Int64) -> HealthCounts {
        var counts = HealthCounts(FactsRoot(path: root.path), 42, nil, atNs: atNs)
        counts.ticks = 100
        return counts
    }

    private static func readings(seconds: Double = 10, after: TemporaryFolder, states: [HealthState] = []) throws
        -> HealthReadings
    {
        let before = try tree(busy: 1000, steal: 5, runner: 300, voluntary: 1, lost: 2)
        return HealthReadings(
            from: counts(before, atNs: 0), to: counts(after, atNs: Int64(seconds * 1e9)), states, countersProblem: "no")
    }

    @Test("The load of others is what cores did, less the runner's own work; threads are added up")
    func load() throws {
        let after = try Self.tree(busy: 3000, steal: 105, runner: 1300, faults: 4, swapped: 20, voluntary: 11, lost: 7)
        let readings = try Self.readings(after: after)
        // 2000 ticks of work in 10 s are 2 cores; the runner had 1000 of them.
        #expect(readings.externalLoadCores == 1 && readings.stealCores == 0.1)
        #expect(readings.majorFaults == 4 && readings.swapInPages == 0 && readings.swapOutPages == 20)
        #expect(readings.voluntarySwitches == 20 && readings.involuntarySwitches == 10)
        #expect(readings.windowNs == 10_000_000_000)
        #expect(readings.cycles == nil && readings.unavailable["counters"] == "no")
    }

    @Test("What is not known is nil with a reason: a short window, a runner that is gone, a kernel that does not count")
    func unavailable() throws {
        let after = try Self.tree(busy: 3000, steal: 105, runner: 1300)
        let short = try Self.readings(seconds: 0.9, after: after)
        #expect(short.externalLoadCores == nil && short.stealCores == nil)
        #expect(short.unavailable["foreign-load"]?.contains("shorter than a second") == true)
        let uncounted = try Self.readings(after: Self.tree(busy: 1700, steal: 5, runner: 1300))
        #expect(uncounted.externalLoadCores == nil && uncounted.stealCores == 0)
        #expect(uncounted.unavailable["foreign-load"]?.contains("less than the runner") == true)
        let fewer = try Self.tree(busy: 3000, steal: 105, runner: 1300)
        try FileManager.default.removeItem(atPath: "\(fewer.path)/proc/42/task/43")
        let ended = try Self.readings(after: fewer)
        #expect(ended.voluntarySwitches == nil && ended.unavailable["switches"]?.contains("threads") == true)
        let gone = try Self.readings(after: TemporaryFolder())
        #expect(gone.externalLoadCores == nil && gone.majorFaults == nil && gone.voluntarySwitches == nil)
        #expect(gone.swapInPages == nil && gone.governor == nil && gone.throttling == nil)
        let words = ["clock", "counters", "foreign-load", "governor", "major-faults", "steal", "swap", "switches"]
        #expect(gone.unavailable.keys.sorted() == words + ["temperature", "throttling"])
    }

    @Test("A Raspberry Pi's clock, heat and weak supply are reported by their extremes")
    func states() throws {
        let board = try BoardTree("rpi3", architecture: "aarch64")
        func state(clock: Int, heat: Int, bits: String) throws -> HealthState {
            try board.folder.write("sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq", "\(clock)\n")
            try board.folder.write("sys/class/thermal/thermal_zone0/temp", "\(heat)\n")
            try board.folder.write("sys/devices/platform/soc/soc:firmware/get_throttled", bits + "\n")
            return HealthState(board.facts)
        }
        let states = [
            try state(clock: 1_200_000, heat: 71_000, bits: "20000"),
            try state(clock: 600_000, heat: 82_500, bits: "20001"),
            try state(clock: 1_200_000, heat: 80_000, bits: "70000"),
        ]
        let readings = try Self.readings(after: board.folder, states: states)
        #expect(readings.lowestClockKhz == 600_000 && readings.highestClockKhz == 1_200_000)
        #expect(readings.temperatureAtStart == 71_000 && readings.highestTemperature == 82_500)
        // Under-voltage at a reading, throttling between two; that the clock was capped before the run is nothing new.
        #expect(readings.throttling == ["under-voltage", "throttled"])
        #expect(readings.governor == "ondemand" && readings.readings == 3)
        #expect(readings.unavailable["clock"] == nil && readings.unavailable["throttling"] == nil)
        let calm = try Self.readings(after: board.folder, states: [states[0], states[0]])
        #expect(calm.throttling == [])
    }

    @Test("An x86 core's throttling counter that grew is reported")
    func events() throws {
        let board = try BoardTree("desktop", architecture: "x86_64")
        func counts() -> HealthCounts { HealthCounts(board.facts.root, 42, nil) }
        let before = counts()
        try board.folder.write("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "1000\n")
        let after = counts()
        func words(_ from: HealthCounts, _ to: HealthCounts) -> [String]? {
            HealthReadings(from: from, to: to, [HealthState(board.facts)], countersProblem: nil).throttling
        }
        #expect(words(before, after) == ["thermal-throttling"])
        #expect(words(after, after) == [])
    }

    @Test("A board that gets hot during a run is reported window by window, from the one in which it did")
    func windows() throws {
        let board = try BoardTree("rpi3", architecture: "aarch64")
        func set(clock: Int, heat: Int, bits: String) throws {
            try board.folder.write("sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq", "\(clock)\n")
            try board.folder.write("sys/class/thermal/thermal_zone0/temp", "\(heat)\n")
            try board.folder.write("sys/devices/platform/soc/soc:firmware/get_throttled", bits + "\n")
        }
        try set(clock: 1_200_000, heat: 61_000, bits: "0")
        let watch = HealthWatch(getpid(), facts: board.facts, windowNs: 100_000_000)
        func wait(forWindows count: Int) {
            while watch.windows.count < count {
                usleep(10_000)
                watch.tick()
            }
        }
        #expect(watch.record(.phaseStarted(.timed)) == nil)
        wait(forWindows: 2)
        try set(clock: 600_000, heat: 83_000, bits: "20002")
        wait(forWindows: 4)
        let memory = MemorySnapshot(residentBytes: 1, peakResidentBytes: 1)
        let readings = watch.record(.phaseFinished(.timed, durationNs: 1, memory: memory))
        let windows = try #require(readings?.windows)
        #expect(windows[0].lowestClockKhz == 1_200_000 && windows[0].highestTemperature == 61_000)
        #expect(windows[0].throttling == [] && windows[1].throttling == [])
        #expect(windows[3].lowestClockKhz == 600_000 && windows[3].highestTemperature == 83_000)
        #expect(windows[3].throttling?.isEmpty == false)
        #expect(zip(windows, windows.dropFirst()).allSatisfy { $0.index < $1.index })
        // A phase of one window has none to tell apart.
        let short = HealthWatch(getpid(), facts: board.facts)
        #expect(short.record(.phaseStarted(.timed)) == nil)
        let whole = try #require(short.record(.phaseFinished(.timed, durationNs: 1, memory: memory)))
        #expect(whole.windows == nil && whole.readings == 2)
    }

    @Test("Hardware counters count this process, or have a reason why not")
    func counters() {
        let counters = PerformanceCounters(of: getpid())
        let before = counters.read()
        var sum: UInt64 = 1
        for number in 0..<1_000_000 { sum = sum &* 31 &+ UInt64(number) }
        let after = counters.read()
        #expect(sum != 0)
        guard let before, let after else {
            #expect(counters.problem?.isEmpty == false)
            return
        }
        #expect(counters.problem == nil && after.instructions - before.instructions > 1_000_000)
        #expect(after.cycles > before.cycles)
    }

    @Test("A process that does not exist is not counted")
    func nobody() {
        let counters = PerformanceCounters(of: pid_t.max)
        #expect(counters.read() == nil && counters.problem?.hasPrefix("perf_event_open: ") == true)
    }

    @Test("The agent reports a job's health once, right after its timed phase")
    func told() throws {
        let agent = try AgentProcess()
        let module = try contents("\(Fixtures.folder())/bundle-null/module.so")
        try agent.put(module)
        var request = try JobRequest.plain("h", module: module)
        request.settings.minDurationNs = 1_300_000_000
        // With slices to score the runner lives on, so that its counts can still be read: without, it may be gone.
        request.datasetSha256 = try agent.putDataset()
        #expect(try agent.post(request).status == 201)
        let events = try agent.events("h").map(\.content)
        let places = events.indices.filter { if case .health = events[$0] { true } else { false } }
        try #require(places.count == 1, "\(events.suffix(3))")
        guard case .health(let readings) = events[places[0]],
            case .runner(.phaseFinished(.timed, let durationNs, _)) = events[places[0] - 1]
        else {
            Issue.record("health does not follow the timed phase: \(events[places[0] - 1])")
            return
        }
        // The agent's window holds the runner's, but for the time that a line takes from one to the other.
        #expect(readings.windowNs > durationNs / 2 && readings.readings >= 2)
        #expect(readings.voluntarySwitches != nil && readings.majorFaults != nil)
        #expect((readings.cycles == nil) == (readings.unavailable["counters"] != nil))
        #expect((readings.externalLoadCores == nil) == (readings.unavailable["foreign-load"] != nil))
    }
}
