/// What a board and a runner went through while a run was timed: counters as their growth, states as their extremes.
///
/// What could not be told is nil, never zero, and `unavailable` says why.
public struct HealthReadings: Codable, Hashable, Sendable {
    /// From the first reading to the last, by the board's monotonic clock.
    public var windowNs: Int64
    /// How often states were read, the borders of the timed phase among them.
    public var readings: Int

    /// Frequency governor of core 0.
    public var governor: String?
    /// Clock of the fastest core at each reading: its lowest and its highest.
    public var lowestClockKhz: Int?
    public var highestClockKhz: Int?
    /// Of the hottest sensor, in thousandths of a degree Celsius.
    public var temperatureAtStart: Int?
    public var highestTemperature: Int?
    /// Why a clock was held down or the supply was weak, in the board's words; empty if it said that all was well.
    public var throttling: [String]?

    /// Mean number of cores that were busy with anything but the runner.
    public var foreignCores: Double?
    /// Mean number of cores that the hypervisor gave to others.
    public var stealCores: Double?
    /// Pages that the whole board read from swap and wrote to it.
    public var swapInPages: Int?
    public var swapOutPages: Int?

    /// Of the runner, all threads: page faults that waited for a disk, and how often it gave up a core or lost it.
    public var majorFaults: Int?
    public var voluntarySwitches: Int?
    public var involuntarySwitches: Int?
    /// Of the runner, all threads, in user mode.
    public var cycles: Int?
    public var instructions: Int?
    public var cacheMisses: Int?

    /// The same window by window, of a phase that had at least two; nil if it had not.
    public var windows: [HealthWindow]?

    /// Why a reading is nil, by a word for it: `clock`, `temperature`, `foreign-load`, `counters` …
    public var unavailable: [String: String]

    /// Readings of which only the window is known.
    public init(windowNs: Int64, readings: Int = 0, unavailable: [String: String] = [:]) {
        self.windowNs = windowNs
        self.readings = readings
        self.unavailable = unavailable
    }
}

/// Waiting before a run until the board had cooled down or come to rest.
public struct Settling: Codable, Hashable, Sendable {
    /// What was waited for, as a person wrote it: `60C`, `idle`.
    public var wish: String
    public var waitedNs: Int64
    /// Nil if it came to pass; else why the run began without.
    public var shortfall: String?

    public init(wish: String, waitedNs: Int64, shortfall: String?) {
        self.wish = wish
        self.waitedNs = waitedNs
        self.shortfall = shortfall
    }
}
