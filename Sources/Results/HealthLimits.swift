/// How far readings may go before a run is degraded; `health` of a target in targets.json. Each default stands beside its name.
///
/// The defaults are decisions of this project: what a quiet board stays well below.
public struct HealthLimits: Codable, Hashable, Sendable {
    /// Work of others in the timed phase, in percent of one core: 10.
    public var foreignLoadPercent = 10.0
    /// Time that the hypervisor gave to others, in percent of one core: 2.
    public var stealPercent = 2.0
    /// How far the clock may fall below its highest in the timed phase: 10.
    public var clockDropPercent = 10.0
    /// Highest temperature of any sensor: 85, where a Raspberry Pi slows down for good.
    public var temperatureCelsius = 85.0
    /// Pages to and from swap: 0.
    public var swapPages = 0
    /// Faults of the runner that waited for a disk: 10, since the first lines of code after the loop may be among them.
    public var majorFaults = 10
    /// How often a second the runner may lose a core that it did not give up: 200.
    public var involuntarySwitchesPerSecond = 200.0
    /// How far the last quarter's median may lie from the first quarter's, if the trend is none of chance: 5.
    public var driftPercent = 5.0

    /// The defaults.
    public init() {}

    /// Every key may be left out.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func take<Value: Decodable>(_ key: CodingKeys, _ value: inout Value) throws {
            if let given = try container.decodeIfPresent(Value.self, forKey: key) { value = given }
        }
        try take(.foreignLoadPercent, &foreignLoadPercent)
        try take(.stealPercent, &stealPercent)
        try take(.clockDropPercent, &clockDropPercent)
        try take(.temperatureCelsius, &temperatureCelsius)
        try take(.swapPages, &swapPages)
        try take(.majorFaults, &majorFaults)
        try take(.involuntarySwitchesPerSecond, &involuntarySwitchesPerSecond)
        try take(.driftPercent, &driftPercent)
    }

    /// Whether all are numbers that a reading can be compared with.
    public var areUsable: Bool {
        let numbers = [
            foreignLoadPercent, stealPercent, clockDropPercent, temperatureCelsius, Double(swapPages),
            Double(majorFaults), involuntarySwitchesPerSecond, driftPercent,
        ]
        return numbers.allSatisfy { $0.isFinite && $0 >= 0 }
    }
}
