import Statistics
import Testing

@Suite struct ArrivalScheduleTests {
    private let second: Int64 = 1_000_000_000

    @Test("Equal seeds give equal schedules, other seeds others, and a longer schedule continues a shorter one")
    func seeded() {
        func offsets(_ seed: UInt64, _ count: Int) -> [Int64] {
            ArrivalSchedule(seed: seed, rate: 100, minQueries: count, minDurationNs: 0).offsetsNs
        }
        #expect(offsets(1, 50) == offsets(1, 50))
        #expect(offsets(1, 50) != offsets(2, 50))
        #expect(Array(offsets(1, 80).prefix(50)) == offsets(1, 50))
    }

    @Test("Queries go on until both the minimum number and the minimum duration are reached, and no longer")
    func enough() throws {
        let few = ArrivalSchedule(seed: 3, rate: 10, minQueries: 1, minDurationNs: 5 * second).offsetsNs
        #expect(try #require(few.last) >= 5 * second && few[few.count - 2] < 5 * second)
        let many = ArrivalSchedule(seed: 3, rate: 1000, minQueries: 462, minDurationNs: second / 100).offsetsNs
        #expect(many.count == 462 && many[0] == 0 && many == many.sorted())
        #expect(ArrivalSchedule(seed: 3, rate: 1, minQueries: 1, minDurationNs: 0).offsetsNs == [0])
    }

    @Test("Latency counts from the scheduled arrival and so includes waiting")
    func latency() {
        let schedule = ArrivalSchedule(seed: 0, rate: 1e6, minQueries: 3, minDurationNs: 0)
        // One worker that takes a millisecond each: the second waits for the first, the third for both.
        let latencies = schedule.latenciesNs(completionsNs: [1_000_000, 2_000_000, 3_000_000])
        #expect(latencies == [1_000_000, 2_000_000 - schedule.offsetsNs[1], 3_000_000 - schedule.offsetsNs[2]])
        #expect(latencies[2] > 2_900_000)
    }
}
