import Results
import Statistics
import Testing

/// Reasons derived from readings and limits.
@Suite struct HealthTests {
    private static func reasons(
        _ limits: HealthLimits = HealthLimits(), _ change: (inout HealthReadings) -> Void
    ) -> [String] {
        var readings = HealthReadings(windowNs: 10_000_000_000)
        change(&readings)
        return HealthAssessment.reasons(readings, limits: limits)
    }

    @Test("A quiet board is not degraded, and neither is one without readings")
    func quiet() {
        #expect(Self.reasons { _ in }.isEmpty)
        let quiet = Self.reasons {
            ($0.externalLoadCores, $0.stealCores, $0.lowestClockKhz, $0.highestClockKhz) = (
                0.1, 0.02, 900_000, 1_000_000
            )
            ($0.highestTemperature, $0.throttling, $0.swapInPages, $0.swapOutPages) = (85_000, [], 0, 0)
            ($0.majorFaults, $0.involuntarySwitches) = (10, 2000)
        }
        #expect(quiet.isEmpty, "\(quiet)")
    }

    @Test("Each reading beyond its limit is a reason with both numbers")
    func reasons() {
        #expect(Self.reasons { $0.externalLoadCores = 0.951 } == ["others took 95.1% of a core (limit 10%)"])
        #expect(Self.reasons { $0.stealCores = 0.0312 } == ["the hypervisor took 3.12% of a core (limit 2%)"])
        #expect(
            Self.reasons { ($0.lowestClockKhz, $0.highestClockKhz) = (600_000, 1_200_000) }
                == ["the clock fell from 1200 to 600 MHz (limit 10%)"])
        #expect(Self.reasons { $0.highestTemperature = 85_100 } == ["85.1 °C (limit 85 °C)"])
        #expect(Self.reasons { $0.throttling = ["under-voltage", "throttled"] } == ["under-voltage, throttled"])
        #expect(Self.reasons { ($0.swapInPages, $0.swapOutPages) = (1, 2) } == ["3 pages swapped (limit 0)"])
        #expect(Self.reasons { $0.majorFaults = 11 } == ["11 page faults waited for a disk (limit 10)"])
        #expect(
            Self.reasons { $0.involuntarySwitches = 3000 }
                == ["the runner lost its core 300 times a second (limit 200)"])
        #expect(Self.reasons { ($0.externalLoadCores, $0.swapInPages) = (2, 5) }.count == 2)
    }

    @Test("A target's own limits replace the defaults")
    func limits() {
        var limits = HealthLimits()
        (limits.foreignLoadPercent, limits.temperatureCelsius, limits.swapPages) = (100, 62.5, 3)
        #expect(Self.reasons(limits) { ($0.externalLoadCores, $0.swapOutPages) = (0.95, 3) }.isEmpty)
        #expect(Self.reasons(limits) { $0.highestTemperature = 63_000 } == ["63.0 °C (limit 62.5 °C)"])
        #expect(limits.areUsable)
        limits.stealPercent = -1
        #expect(!limits.areUsable)
        limits.stealPercent = .nan
        #expect(!limits.areUsable)
    }

    @Test("A drift counts if it is large and significant")
    func drift() throws {
        func reasons(_ samples: [Int64]) -> [String] {
            HealthAssessment.reasons(HealthReadings(windowNs: 1), trend: Trend(samples), limits: HealthLimits())
        }
        let rising = (0..<100).map { 1000 + Int64($0) * 4 }
        #expect(reasons(rising).count == 1 && reasons(rising)[0].hasPrefix("drifted +28."))
        #expect(reasons(rising.reversed())[0].hasPrefix("drifted −22."))
        // The same change, but up and down again; and a steady rise, but a small one.
        #expect(reasons(rising + rising.reversed()).isEmpty)
        #expect(reasons((0..<100).map { 100_000 + Int64($0) }).isEmpty)
        let slight = try #require(Trend((0..<100).map { 100_000 + Int64($0) * 10 }))
        #expect(HealthAssessment.drift(slight).map(HealthAssessment.description(ofDrift:)) == "drifted +0.75%")
        // Too few to tell.
        #expect(reasons([10, 20, 30, 40]).isEmpty)
    }

    @Test("A board that did not cool down is degraded by it")
    func idleWait() {
        func reasons(_ shortfall: String?) -> [String] {
            HealthAssessment.reasons(
                HealthReadings(windowNs: 1), idleWait: IdleWait(condition: "60C", waitedNs: 5, shortfall: shortfall),
                limits: HealthLimits())
        }
        #expect(reasons(nil).isEmpty)
        #expect(reasons("71.0 °C after 300 s") == ["did not come to 60C before: 71.0 °C after 300 s"])
    }
}
