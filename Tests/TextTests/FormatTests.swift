import Testing
import Text

@Suite struct FormatTests {
    @Test(
        "Durations have three digits and a unit",
        arguments: [
            (0, "0"), (83.4, "83.4 ns"), (850, "850 ns"), (999.6, "1.00 µs"), (3_300, "3.30 µs"), (999_960, "1.00 ms"),
            (4_321_000, "4.32 ms"), (98_760_000, "98.8 ms"), (9_996_000, "10.0 ms"), (1.5e9, "1.50 s"),
            (3.6e11, "6.00 min"),
        ] as [(Double, String)])
    func durations(nanoseconds: Double, expected: String) { #expect(Format.duration(nanoseconds) == expected) }

    @Test("Numbers are rounded to nearest, and what is unknown is a dash")
    func numbers() {
        #expect(
            Format.fixed(0.98765, 4) == "0.9877" && Format.fixed(-0.5, 2) == "−0.50" && Format.fixed(12, 0) == "12")
        #expect(Format.duration(nil as Double?) == "–" && Format.duration(nil as Int64?) == "–")
        #expect(Format.bytes(nil) == "–" && Format.dice(nil) == "–" && Format.share(nil) == "–")
        #expect(Format.fixed(.nan, 2) == "–" && Format.fixed(.infinity, 0) == "–" && Format.fixed(1e30, 2) == "–")
        #expect(
            Format.bytes(512) == "512 B" && Format.bytes(1536) == "1.50 KiB" && Format.bytes(42 << 20) == "42.0 MiB")
        #expect(Format.digits(99.96) == "100" && Format.digits(9.996) == "10.0" && Format.digits(0.9996) == "1.00")
        #expect(Format.digits(0) == "0" && Format.digits(0.0123) == "0.012" && Format.digits(1234) == "1234")
    }

    @Test("Shares are percentages: measured ones with three digits, chosen ones as they were chosen")
    func shares() {
        #expect(Format.share(0.1456) == "14.6%" && Format.share(1.946) == "195%" && Format.share(0.0035) == "0.35%")
        #expect(Format.change(1.0256) == "+2.56%" && Format.change(0.9744) == "−2.56%" && Format.change(1) == "0.00%")
        #expect(
            Format.change(1.00001) == "0.00%" && Format.change(0.99999) == "0.00%" && Format.share(0.09996) == "10.0%")
        #expect(Format.percentage(0.99) == "99%" && Format.percentage(0.999) == "99.9%")
    }

    @Test("A countdown is rounded up")
    func remaining() {
        #expect(Format.remaining(seconds: 0.2) == "1 s" && Format.remaining(seconds: 119.5) == "2 min")
        #expect(Format.remaining(seconds: 121) == "3 min" && Format.remaining(seconds: 7201) == "3 h")
    }

    @Test("A number has its noun")
    func counts() {
        #expect(Format.count(1, "run") == "1 run" && Format.count(0, "run") == "0 runs")
        #expect(Format.count(2, "query", plural: "queries") == "2 queries")
    }
}
