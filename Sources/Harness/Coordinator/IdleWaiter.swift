import AgentClient
import AgentAPI
import POSIX
import Results
import Text

/// What a board must come to before each run of a dispatch.
public struct IdleCondition: Codable, Hashable, Sendable {
    /// No sensor above this; nil for any temperature.
    public var celsius: Int?
    /// Nobody at work on the board, and temperatures that no longer fall.
    public var idle: Bool
    /// The run begins after this long at the latest.
    public var limitNs: Int64

    /// A condition that is waited for at most `limitNs`.
    public init(celsius: Int? = nil, idle: Bool = false, limitNs: Int64) {
        (self.celsius, self.idle, self.limitNs) = (celsius, idle, limitNs)
    }

    /// As on the command line.
    var description: String {
        [celsius.map { "\($0)C" }, idle ? "idle" : nil].compactMap(\.self).joined(separator: " and ")
    }

    /// Why a board was not idle between two of its answers, `seconds` apart; nil if it was.
    ///
    /// What a board cannot tell is not waited for where another sign is there; a temperature needs a sensor.
    func shortfall(_ before: BoardConditions?, _ now: BoardConditions, seconds: Double, limits: HealthLimits) -> String?
    {
        let hottest = now.temperatures.map(\.millidegreesCelsius).max()
        if let celsius {
            guard let hottest else { return "the board has no sensor" }
            if hottest > celsius * 1000 { return Self.celsius(hottest) }
        }
        guard idle else { return nil }
        guard let before else { return "it was asked only once" }
        if let early = before.busyMs, let late = now.busyMs, seconds > 0 {
            let percent = Double(late - early) / seconds / 10
            if percent > limits.foreignLoadPercent { return "others took \(Format.fixed(percent, 0))% of a core" }
        } else if hottest == nil {
            return "the board reports neither its load nor its temperature"
        }
        if let early = before.temperatures.map(\.millidegreesCelsius).max(), let hottest, early - hottest >= 1000 {
            return "still cooling, \(Self.celsius(hottest))"
        }
        return nil
    }

    private static func celsius(_ thousandths: Int) -> String { "\(Format.fixed(Double(thousandths) / 1000, 1)) °C" }
}

/// Waits until a board is cool or idle, within a bound.
struct IdleWaiter {
    /// Long enough for a load to show, short beside any cooling.
    private static let interval = Duration.seconds(2)

    let condition: IdleCondition
    let limits: HealthLimits
    /// The board's state now.
    let ask: @Sendable () async throws -> BoardConditions?
    /// Sleeps and says how long it took, in nanoseconds.
    var pause: @Sendable (Duration) async throws -> Int64 = { duration in
        let start = MonotonicClock.now()
        try await Task.sleep(for: duration)
        return MonotonicClock.now() - start
    }

    /// Returns when the board meets the condition, when it cannot tell, or when the bound has passed.
    func waitForIdle() async throws -> IdleWait {
        var waited: Int64 = 0
        var seconds = 0.0
        var before: BoardConditions?
        while true {
            guard let now = try await ask() else {
                return IdleWait(
                    condition: condition.description, waitedNs: waited,
                    shortfall: "the board does not report its state")
            }
            let shortfall = condition.shortfall(before, now, seconds: seconds, limits: limits)
            let isHopeless = condition.celsius != nil && now.temperatures.isEmpty
            if shortfall == nil || waited >= condition.limitNs || isHopeless {
                return IdleWait(
                    condition: condition.description, waitedNs: waited,
                    shortfall: shortfall.map { waited == 0 ? $0 : "\($0) after \(waited / 1_000_000_000) s" })
            }
            before = now
            let slept = try await pause(Self.interval)
            waited += slept
            seconds = Double(slept) / 1e9
        }
    }
}
