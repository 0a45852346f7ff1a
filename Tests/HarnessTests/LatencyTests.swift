import Testing

@testable import Commands

@Suite struct LatencyTests {
    @Test(
        "A latency keeps its digits",
        arguments: [
            (0, "0 ns"), (83.4, "83 ns"), (999.6, "1.0 µs"), (4_260, "4.3 µs"), (999_960, "1.0 ms"),
            (1_234_567, "1.23 ms"),
        ] as [(Double, String)])
    func units(nanoseconds: Double, text: String) {
        #expect(ProgressDisplay.latency(nanoseconds) == text)
    }
}
