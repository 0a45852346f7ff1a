import Glibc

/// The chi-squared distribution.
public enum ChiSquared {
    /// P(X > x) = Q(k/2, x/2), the regularised upper incomplete gamma function, Abramowitz and Stegun 26.4.19.
    public static func survival(_ x: Double, degrees: Int) -> Double {
        precondition(degrees > 0, "chi-squared needs a degree of freedom")
        guard x > 0 else { return 1 }
        return upperGamma(Double(degrees) / 2, x / 2)
    }

    /// Q(a, x): below the mean one minus the series DLMF 8.11.4, above it the continued fraction DLMF 8.9.2.
    private static func upperGamma(_ a: Double, _ x: Double) -> Double {
        let front = exp(a * log(x) - x - lgamma(a).0)
        if x < a + 1 {
            var (term, sum, index) = (1 / a, 1 / a, a)
            while term > sum * 0x1p-53 {
                index += 1
                term *= x / index
                sum += term
            }
            return 1 - front * sum
        }
        let fraction = ContinuedFraction.value { term in
            let m = Double((term + 1) / 2)
            return (term % 2 == 1 ? m - a : m) / x
        }
        return front / (x * fraction)
    }
}
