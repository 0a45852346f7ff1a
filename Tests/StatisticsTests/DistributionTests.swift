import Statistics
import Testing

@Suite struct DistributionTests {
    @Test(
        "Student's t has the quantiles of the printed tables",
        arguments: [(1, 12.706), (2, 4.303), (4, 2.776), (30, 2.042)])
    func student(degrees: Double, quantile: Double) {
        #expect(abs(StudentT.quantile(twoSided: 0.05, degrees: degrees) - quantile) < 5e-4)
        #expect(abs(StudentT.twoSided(quantile, degrees: degrees) - 0.05) < 1e-4)
    }

    @Test("Chi-squared has the tail of the printed tables", arguments: [(1, 3.841), (10, 18.307), (100, 124.342)])
    func chiSquared(degrees: Int, x: Double) { #expect(abs(ChiSquared.survival(x, degrees: degrees) - 0.05) < 1e-4) }

    @Test("1.96 standard deviations leave 2.5% on each side")
    func normal() {
        #expect(abs(Normal.survival(1.959964) - 0.025) < 1e-7 && abs(Normal.twoSided(-1.959964) - 0.05) < 1e-7)
    }
}
