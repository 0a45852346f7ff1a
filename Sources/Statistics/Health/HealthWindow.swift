/// What a board went through in one window of a timed phase: as `HealthReadings`, but only what tells of throttling.
public struct HealthWindow: Codable, Hashable, Sendable {
    /// From 0; window i is from i to i + 1 lengths of a window after the phase's start.
    public var index: Int
    public var lowestClockKhz: Int?
    /// Of the hottest sensor, in thousandths of a degree Celsius.
    public var highestTemperature: Int?
    public var throttling: [String]?
    public var foreignCores: Double?

    public init(index: Int) { self.index = index }

    /// What `readings` of that window say.
    public init(index: Int, _ readings: HealthReadings) {
        self.index = index
        lowestClockKhz = readings.lowestClockKhz
        highestTemperature = readings.highestTemperature
        throttling = readings.throttling
        foreignCores = readings.foreignCores
    }
}
