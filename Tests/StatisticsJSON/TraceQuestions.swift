import Statistics

/// The answer is empty if the trace is too short or constant.
struct DependenceOf: Question {
    var values: [Double]

    struct Answer: Encodable {
        var lagOne: Double?
        var ljungBox: Double?
        var pValue: Double?
        var lags: Int?
        var effectiveSize: Double?
    }

    func answer() -> Answer {
        let found = Dependence(values)
        return Answer(
            lagOne: found?.lagOne, ljungBox: found?.ljungBox, pValue: found?.pValue, lags: found?.lags,
            effectiveSize: found?.effectiveSize)
    }
}

/// The answer is empty if the trace is too short.
struct TrendOf: Question {
    var values: [Int64]

    struct Answer: Encodable {
        var s: Int?
        var tau: Double?
        var pValue: Double?
        var change: Double?
    }

    func answer() -> Answer {
        let found = Trend(values)
        return Answer(s: found?.s, tau: found?.tau, pValue: found?.pValue, change: found?.change)
    }
}
