import AgentClient
import AgentAPI
import Results

/// What a board must come to before each run of a dispatch.
public struct SettlingWish: Codable, Hashable, Sendable {
    /// No sensor above this; nil for any temperature.
    public var celsius: Int?
    /// Nobody at work on the board, and temperatures that no longer fall.
    public var idle: Bool
    /// The run begins after this long at the latest.
    public var limitNs: Int64

    public init(celsius: Int? = nil, idle: Bool = false, limitNs: Int64) {
        self.celsius = celsius
        self.idle = idle
        self.limitNs = limitNs
    }

    /// As on the command line.
    var words: String {
        [celsius.map { "\($0)C" }, idle ? "idle" : nil].compactMap(\.self).joined(separator: " and ")
    }

    /// Why a board has not settled between two of its answers, `seconds` apart; nil if it has.
    ///
    /// What a board cannot tell is not waited for where another sign is there; a wish for a temperature needs a sensor.
    func shortfall(_ before: BoardConditions?, _ now: BoardConditions, seconds: Double, limits: HealthLimits) -> String?
    {
        let hottest = now.temperatures.map(\.millidegreesCelsius).max()
        if let celsius {
            guard let hottest else { return "the board has no sensor" }
            if hottest > celsius * 1000 { return "\(Self.degrees(hottest)) °C" }
        }
        guard idle else { return nil }
        guard let before else { return "it was asked only once" }
        if let early = before.busyMs, let late = now.busyMs, seconds > 0 {
            let percent = Double(late - early) / seconds / 10
            if percent > limits.foreignLoadPercent { return "others took \(Int(percent.rounded()))% of a core" }
        } else if hottest == nil {
            return "the board tells neither its load nor its temperature"
        }
        if let early = before.temperatures.map(\.millidegreesCelsius).max(), let hottest, early - hottest >= 1000 {
            return "still cooling, \(Self.degrees(hottest)) °C"
        }
        return nil
    }

    private static func degrees(_ thousandths: Int) -> String {
        let tenths = (thousandths + 50) / 100
        return "\(tenths / 10).\(tenths % 10)"
    }
}

/// Waits for a board to settle, within a bound.
struct Settler {
    /// Long enough for a load to show, short beside any cooling.
    private static let interval = Duration.seconds(2)

    let wish: SettlingWish
    let limits: HealthLimits
    /// The board's state now.
    let ask: @Sendable () async throws -> BoardConditions?
    /// Sleeps and says how long it took, in nanoseconds.
    var pause: @Sendable (Duration) async throws -> Int64 = { duration in
        let clock = ContinuousClock()
        let start = clock.now
        try await Task.sleep(for: duration)
        let slept = (clock.now - start).components
        return slept.seconds * 1_000_000_000 + slept.attoseconds / 1_000_000_000
    }

    /// Returns when the board has settled, when it cannot tell, or when the bound has passed.
    func wait() async throws -> Settling {
        var waited: Int64 = 0
        var seconds = 0.0
        var before: BoardConditions?
        while true {
            guard let now = try await ask() else {
                return Settling(wish: wish.words, waitedNs: waited, shortfall: "the board tells nothing of its state")
            }
            let shortfall = wish.shortfall(before, now, seconds: seconds, limits: limits)
            let isHopeless = wish.celsius != nil && now.temperatures.isEmpty
            if shortfall == nil || waited >= wish.limitNs || isHopeless {
                return Settling(
                    wish: wish.words, waitedNs: waited,
                    shortfall: shortfall.map { waited == 0 ? $0 : "\($0) after \(waited / 1_000_000_000) s" })
            }
            before = now
            let slept = try await pause(Self.interval)
            waited += slept
            seconds = Double(slept) / 1e9
        }
    }
}
