import Statistics

/// The two-sided probability of `t`, and the quantile for probability `share`.
struct StudentTOf: Question {
    var t: Double
    var share: Double
    var degrees: Double

    func answer() -> [String: Double] {
        [
            "two_sided": StudentT.twoSided(t, degrees: degrees),
            "quantile": StudentT.quantile(twoSided: share, degrees: degrees),
        ]
    }
}

struct ChiSquaredOf: Question {
    var x: Double
    var degrees: Int

    func answer() -> [String: Double] { ["survival": ChiSquared.survival(x, degrees: degrees)] }
}

struct NormalOf: Question {
    var z: Double

    func answer() -> [String: Double] { ["survival": Normal.survival(z), "two_sided": Normal.twoSided(z)] }
}
