/// What a board and a runner went through while a run was timed: counters as their growth, states as their extremes.
///
/// What could not be read is nil, never zero, and `unavailable` says why.
public struct HealthReadings: Codable, Hashable, Sendable {
    /// From the first reading to the last, by the board's monotonic clock.
    public var windowNs: Int64
    /// How often states were read, the borders of the timed phase among them.
    public var readings: Int

    /// Frequency governor of core 0.
    public var governor: String?
    /// Clock of the fastest core at each reading: its lowest and its highest.
    public var lowestClockKhz: Int?
    /// Highest clock of the fastest core.
    public var highestClockKhz: Int?
    /// Of the hottest sensor, in thousandths of a degree Celsius.
    public var temperatureAtStart: Int?
    /// Of the hottest sensor at any reading, in thousandths of a degree Celsius.
    public var highestTemperature: Int?
    /// Why a clock was held down or the supply was weak, as the board names it; empty if it reported that all was well.
    public var throttling: [String]?

    /// Mean number of cores that were busy with anything but the runner; `foreign_cores` on the wire and in the database.
    public var externalLoadCores: Double?
    /// Mean number of cores that the hypervisor gave to others.
    public var stealCores: Double?
    /// Pages that the whole board read from swap and wrote to it.
    public var swapInPages: Int?
    /// Pages written to swap.
    public var swapOutPages: Int?

    /// Of the runner, all threads: page faults that waited for a disk, and how often it gave up a core or lost it.
    public var majorFaults: Int?
    /// How often the runner gave up a core.
    public var voluntarySwitches: Int?
    /// How often the runner lost a core that it did not give up.
    public var involuntarySwitches: Int?
    /// Of the runner, all threads, in user mode.
    public var cycles: Int?
    /// Instructions retired.
    public var instructions: Int?
    /// Misses of the last level of cache.
    public var cacheMisses: Int?

    /// The same window by window, of a phase that had at least two; nil if it had not.
    public var windows: [HealthWindow]?

    /// Why a reading is nil, by its name: `clock`, `temperature`, `foreign-load`, `counters` …
    public var unavailable: [String: String]

    private enum CodingKeys: String, CodingKey {
        case windowNs, readings, governor, lowestClockKhz, highestClockKhz, temperatureAtStart, highestTemperature
        case throttling, stealCores, swapInPages, swapOutPages, majorFaults, voluntarySwitches, involuntarySwitches
        case cycles, instructions, cacheMisses, windows, unavailable
        case externalLoadCores = "foreignCores"
    }

    /// Readings of which only the window is known.
    public init(windowNs: Int64, readings: Int = 0, unavailable: [String: String] = [:]) {
        (self.windowNs, self.readings, self.unavailable) = (windowNs, readings, unavailable)
    }
}

/// What a board went through in one window of a timed phase: as `HealthReadings`, but only what shows throttling.
public struct HealthWindow: Codable, Hashable, Sendable {
    /// From 0; window i is from i to i + 1 lengths of a window after the phase's start.
    public var index: Int
    /// Lowest clock of the fastest core.
    public var lowestClockKhz: Int?
    /// Of the hottest sensor, in thousandths of a degree Celsius.
    public var highestTemperature: Int?
    /// As in `HealthReadings`.
    public var throttling: [String]?
    /// As in `HealthReadings`.
    public var externalLoadCores: Double?

    private enum CodingKeys: String, CodingKey {
        case index, lowestClockKhz, highestTemperature, throttling
        case externalLoadCores = "foreignCores"
    }

    /// A window of which nothing was read.
    public init(index: Int) { self.index = index }

    /// What `readings` of that window say.
    public init(index: Int, _ readings: HealthReadings) {
        self.index = index
        lowestClockKhz = readings.lowestClockKhz
        highestTemperature = readings.highestTemperature
        throttling = readings.throttling
        externalLoadCores = readings.externalLoadCores
    }
}
