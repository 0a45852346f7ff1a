import Statistics
import Testing

@Suite struct TraceTests {
    @Test("Ten rising values have 45 rising pairs: z = 44/√125")
    func trend() throws {
        let rising = try #require(Trend((1...10).map(Int64.init)))
        #expect(rising.s == 45 && rising.tau == 1 && abs(rising.pValue - 8.303e-5) < 1e-8)
        #expect(rising.change == 9.5 / 1.5)
        let falling = try #require(Trend((1...10).reversed().map(Int64.init)))
        #expect(falling.s == -45 && falling.tau == -1 && falling.pValue == rising.pValue)
    }

    @Test("A constant trace has no trend, and a short one no result")
    func noTrend() throws {
        let constant = try #require(Trend([7, 7, 7, 7, 7]))
        #expect(constant.s == 0 && constant.tau == 0 && constant.pValue == 1 && constant.change == 1)
        #expect(Trend([1, 2, 3]) == nil && Trend([0, 1, 2, 3]) == nil)
    }

    @Test("1, 2, 3, 4, 5 have a lag-1 correlation of 0.4 and a Ljung–Box statistic of 1.4")
    func dependence() throws {
        let found = try #require(Dependence([1, 2, 3, 4, 5]))
        #expect(found.lags == 1 && abs(found.lagOne - 0.4) < 1e-12 && abs(found.ljungBox - 1.4) < 1e-12)
        #expect(abs(found.pValue - 0.23672) < 1e-5)
        #expect(abs(found.effectiveSize - 5 / 1.8) < 1e-12)
    }

    @Test("The effective size of an alternating trace is capped at its length")
    func alternating() throws {
        let found = try #require(Dependence((0..<100).map { Double($0 % 2) }))
        #expect(found.lagOne < -0.9 && found.effectiveSize == 100 && found.pValue < 1e-9)
    }

    @Test("A constant or short trace has no dependence estimate")
    func nothing() {
        #expect(Dependence([5, 5, 5, 5]) == nil && Dependence([1, 2]) == nil && Dependence([]) == nil)
    }
}
