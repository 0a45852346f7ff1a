import AgentAPI
import Statistics
import Synchronization
import Testing

@testable import Coordinator

/// Waiting for a board with scripted readings, on a simulated clock.
@Suite struct IdleWaitTests {
    private static func wait(_ condition: IdleCondition, _ answers: [BoardConditions?]) async throws -> (
        IdleWait, asked: Int
    ) {
        let asked = Mutex(0)
        var waiter = IdleWaiter(condition: condition, limits: HealthLimits()) {
            asked.withLock { count in
                count += 1
                return answers[min(count - 1, answers.count - 1)]
            }
        }
        waiter.pause = { _ in 2_000_000_000 }
        return (try await waiter.waitForIdle(), asked.withLock { $0 })
    }

    private static func board(_ thousandths: Int?, busyMs: Int? = nil) -> BoardConditions {
        BoardConditions {
            $0.busyMs = busyMs
            $0.temperatures =
                thousandths.map {
                    [.init(sensor: "a", millidegreesCelsius: 20_000), .init(sensor: "b", millidegreesCelsius: $0)]
                } ?? []
        }
    }

    @Test("A board is polled until its hottest sensor has cooled down")
    func cools() async throws {
        let condition = IdleCondition(celsius: 60, limitNs: 60_000_000_000)
        let answers = [71_000, 65_000, 60_000, 50_000].map { Self.board($0) }
        let (idleWait, asked) = try await Self.wait(condition, answers)
        #expect(idleWait == IdleWait(condition: "60C", waitedNs: 4_000_000_000, shortfall: nil) && asked == 3)
    }

    @Test("At the time limit the run begins, and records what was missing")
    func bound() async throws {
        let condition = IdleCondition(celsius: 60, limitNs: 10_000_000_000)
        let (idleWait, asked) = try await Self.wait(condition, [Self.board(71_250)])
        #expect(idleWait.shortfall == "71.3 °C after 10 s" && idleWait.waitedNs == 10_000_000_000 && asked == 6)
    }

    @Test("A board without a sensor, and one without readings, are not waited for")
    func silent() async throws {
        let condition = IdleCondition(celsius: 60, limitNs: 60_000_000_000)
        let (blind, asked) = try await Self.wait(condition, [Self.board(nil)])
        #expect(blind.shortfall == "the board has no sensor" && asked == 1)
        #expect(try await Self.wait(condition, [nil]).0.shortfall == "the board does not report its state")
    }

    @Test("A board is idle when no other load is left and it no longer cools")
    func rest() async throws {
        let condition = IdleCondition(idle: true, limitNs: 60_000_000_000)
        let answers = [
            // Busy for 2 s of 2 s; then for 0.1 s, but cooling; then idle.
            Self.board(70_000, busyMs: 0), Self.board(70_000, busyMs: 2000), Self.board(66_000, busyMs: 2100),
            Self.board(65_500, busyMs: 2200), Self.board(10_000, busyMs: 2200),
        ]
        let (idleWait, asked) = try await Self.wait(condition, answers)
        #expect(idleWait.shortfall == nil && idleWait.waitedNs == 6_000_000_000 && asked == 4)
        let busy = (0..<40).map { Self.board(nil, busyMs: $0 * 1000) }
        #expect(try await Self.wait(condition, busy).0.shortfall == "others took 50% of a core after 60 s")
        #expect(
            try await Self.wait(condition, [Self.board(nil)]).0.shortfall?.hasPrefix("the board reports neither")
                == true)
    }

    @Test("Both conditions must be met")
    func both() async throws {
        let condition = IdleCondition(celsius: 60, idle: true, limitNs: 4_000_000_000)
        let hot = [Self.board(70_000, busyMs: 0), Self.board(70_000, busyMs: 0)]
        #expect(try await Self.wait(condition, hot).0.shortfall == "70.0 °C after 4 s")
        let (idleWait, _) = try await Self.wait(condition, [Self.board(50_000, busyMs: 0)])
        #expect(idleWait == IdleWait(condition: "60C and idle", waitedNs: 2_000_000_000, shortfall: nil))
    }
}
