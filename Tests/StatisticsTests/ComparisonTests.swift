import Statistics
import Testing

@Suite struct RankTestTests {
    @Test(
        "Of separated samples of 3 and 3, 2 of 20 orders are as extreme; of 8 and 8, 2 of 12870",
        arguments: [(3, 20.0), (8, 12870)])
    func exact(size: Int, orders: Double) throws {
        let low = (0..<size).map(Int64.init)
        let test = try #require(RankTest(low.map { $0 + 100 }, low))
        #expect(test.isExact && test.u == Double(size * size) && test.superiority == 1)
        #expect(abs(test.pValue - 2 / orders) < 1e-15)
    }

    @Test("Ties share their ranks, and equal samples do not differ")
    func ties() throws {
        let test = try #require(RankTest([1, 2, 2], [2, 3]))
        #expect(test.u == 1 && !test.isExact && abs(test.superiority - 1 / 6) < 1e-15)
        let equal = try #require(RankTest([5, 5, 5], [5, 5]))
        #expect(equal.pValue == 1 && equal.superiority == 0.5)
        #expect(RankTest([], [1]) == nil && RankTest([1], []) == nil)
    }
}

@Suite struct ComparisonTests {
    /// Uniform around `centre`, up to `spread` of it on either side.
    private func run(_ centre: Int64, count: Int, spread: Double = 0.05) -> [Int64] {
        var generator = SplitMix64(seed: UInt64(centre))
        return (0..<count).map { _ in
            let place = Double(generator.index(below: 2001) - 1000) / 1000
            return centre + Int64(Double(centre) * spread * place)
        }
    }

    @Test("10% less time is faster and 10% more slower, by that ratio")
    func direction() throws {
        let baseline = run(1_000_000, count: 100)
        let faster = try #require(Comparison(baseline: [baseline], candidate: [run(900_000, count: 100)]))
        #expect(faster.outcome == .faster && abs(faster.size.ratio - 0.9) < 0.02 && faster.ranks.superiority < 0.1)
        #expect(faster.size.interval.lower < faster.size.ratio && faster.size.ratio < faster.size.interval.upper)
        let slower = try #require(Comparison(baseline: [baseline], candidate: [run(1_100_000, count: 100)]))
        #expect(slower.outcome == .slower && slower.needed == nil)
    }

    @Test("A difference within the margin is “same”, and without a margin nothing is")
    func margin() throws {
        let (baseline, candidate) = (run(1_000_000, count: 2000), run(1_000_001, count: 2000))
        #expect(Comparison(baseline: [baseline], candidate: [candidate], margin: 0.02)?.outcome == .same)
        #expect(Comparison(baseline: [baseline], candidate: [candidate], margin: 0)?.outcome != .same)
    }

    @Test("Where the data cannot decide, the result says how much more is needed, and of what")
    func needed() throws {
        let few = try #require(
            Comparison(baseline: [run(1_000_000, count: 10)], candidate: [run(1_030_000, count: 10)], margin: 0.001))
        #expect(few.outcome == .cannotTell)
        #expect(few.needed?.what == .samples && (few.needed?.factor ?? 0) > 1)
        let scattered = try #require(
            Comparison(
                baseline: [run(900_000, count: 100), run(1_000_000, count: 100)],
                candidate: [run(1_000_000, count: 100), run(1_100_000, count: 100)]))
        #expect(scattered.outcome == .cannotTell && scattered.needed?.what == .runs)
        let between = try #require(scattered.size.betweenRuns)
        #expect(scattered.size.interval == between && between.upper > scattered.size.withinRuns.upper)
    }

    @Test("An empty sample or a latency of zero cannot be compared")
    func nothing() {
        #expect(Comparison(baseline: [], candidate: [[1]]) == nil)
        #expect(Comparison(baseline: [[1], []], candidate: [[1]]) == nil)
        #expect(Comparison(baseline: [[1]], candidate: [[0, 5, 5]]) == nil)
    }
}
