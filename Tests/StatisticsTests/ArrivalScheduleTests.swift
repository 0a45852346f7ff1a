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
}
