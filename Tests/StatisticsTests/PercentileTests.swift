import Statistics
import Testing

@Suite struct PercentileTests {
    @Test(
        "A percentile is the sample at floor(n·p)",
        arguments: [
            ([10], 0.99, 10), ([1, 2], 0.5, 2), ([1, 2, 3, 4], 0.9, 4), ([1, 2, 3, 4], 0.0, 1), ([1, 2, 3, 4], 1.0, 4),
            (Array(1...100), 0.90, 91), (Array(1...100), 0.99, 100), (Array(1...64), 0.9, 58),
        ] as [([Int64], Double, Int64)])
    func percentile(sorted: [Int64], p: Double, expected: Int64) {
        #expect(Percentiles.value(sorted: sorted, p) == expected)
    }

    @Test("An empty sample has no percentile, median, deviation or summary")
    func empty() {
        #expect(Percentiles.value(sorted: [], 0.5) == nil)
        #expect(Percentiles.median(sorted: []) == nil)
        #expect(Percentiles.medianAbsoluteDeviation(sorted: []) == nil)
        #expect(LatencySummary([]) == nil)
    }

    @Test("The median of an even number of samples is the mean of the middle two")
    func median() {
        #expect(Percentiles.median(sorted: [1, 2, 10, 20]) == 6)
        #expect(Percentiles.median(sorted: [1, 2, 10]) == 2)
        #expect(Percentiles.medianAbsoluteDeviation(sorted: [1, 1, 2, 2, 4, 6, 9]) == 1)
    }

    @Test("A summary does not depend on the samples' order")
    func summary() throws {
        var generator = SplitMix64(seed: 7)
        let samples = (0..<301).map { _ in Int64(generator.index(below: 1_000_000)) }
        let summary = try #require(LatencySummary(samples))
        #expect(summary == LatencySummary(samples.reversed()))
        #expect(summary.minimum <= summary.p90 && summary.p90 <= summary.p99 && summary.p99 <= summary.maximum)
        #expect(summary.medianInterval.lower <= summary.median && summary.median <= summary.medianInterval.upper)
    }
}

@Suite struct BootstrapTests {
    @Test("Equal seeds give equal intervals, and other seeds others")
    func seeded() {
        let values = (0..<50).map { Double($0 * $0) }
        let interval = Bootstrap.meanInterval(values, seed: 1, resamples: 200)
        #expect(interval == Bootstrap.meanInterval(values, seed: 1, resamples: 200))
        #expect(interval != Bootstrap.meanInterval(values, seed: 2, resamples: 200))
    }

    @Test("A 95% interval of the median holds the true median in about 95% of seeded draws")
    func coverage() {
        var generator = SplitMix64(seed: 3)
        let covered = (0..<400).count { trial in
            let sorted = (0..<81).map { _ in Int64(generator.index(below: 2_000_001)) }.sorted()
            let interval = Bootstrap.medianInterval(sorted: sorted, seed: UInt64(trial), resamples: 200)
            return interval.lower <= 1_000_000 && 1_000_000 <= interval.upper
        }
        // 400 draws at 95%: standard deviation 4.4 draws; the percentile bootstrap runs a little narrow.
        #expect((360...396).contains(covered))
    }

    @Test(
        "A 95% interval of a ratio of medians holds the true ratio in about 95% of seeded draws, for sizes that differ")
    func ratioCoverage() {
        var generator = SplitMix64(seed: 11)
        func draw(_ count: Int, around middle: Int) -> [Int64] {
            (0..<count).map { _ in Int64(middle / 2 + generator.index(below: middle + 1)) }.sorted()
        }
        let covered = (0..<400).count { trial in
            let interval = Bootstrap.medianRatioInterval(
                numerator: draw(81, around: 3_000_000), denominator: draw(121, around: 1_000_000),
                seed: UInt64(trial), resamples: 200)
            return interval.lower <= 3 && 3 <= interval.upper
        }
        #expect((360...396).contains(covered))
    }

    @Test("The ratio of constant times has a zero-width interval, and equal seeds give equal intervals")
    func ratio() {
        #expect(
            Bootstrap.medianRatioInterval(numerator: [4, 4, 4], denominator: [2, 2], seed: 0)
                == Interval(lower: 2, upper: 2))
        let (slow, fast) = (Array(Int64(100)...200), Array(Int64(50)...90))
        let interval = Bootstrap.medianRatioInterval(numerator: slow, denominator: fast, seed: 4)
        #expect(interval == Bootstrap.medianRatioInterval(numerator: slow, denominator: fast, seed: 4))
        #expect(interval.lower < 150.0 / 70 && 150.0 / 70 < interval.upper)
    }

    @Test("The interval of one value is that value")
    func single() {
        #expect(Bootstrap.meanInterval([0.5], seed: 9) == Interval(lower: 0.5, upper: 0.5))
    }
}

@Suite struct SplitMix64Tests {
    @Test("The generator produces the published sequence for seed 1234567")
    func known() {
        var generator = SplitMix64(seed: 1_234_567)
        let values = (0..<5).map { _ in generator.next() }
        #expect(
            values == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ])
    }

    @Test("An index stays below its bound and reaches every value")
    func bound() {
        var generator = SplitMix64(seed: 0)
        #expect(Set((0..<200).map { _ in generator.index(below: 5) }) == Set(0..<5))
    }
}
