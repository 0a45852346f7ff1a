import Glibc

/// Student's t distribution, of any positive number of degrees of freedom.
public enum StudentT {
    /// P(|T| ≥ |t|) = I_x(ν/2, ½) with x = ν/(ν+t²), Abramowitz and Stegun 26.7.1.
    public static func twoSided(_ t: Double, degrees: Double) -> Double {
        incompleteBeta(degrees / (degrees + t * t), t * t / (degrees + t * t), degrees / 2, 0.5)
    }

    /// The t that |T| exceeds with probability `share`, in 0..<1: what an interval of confidence 1 − `share` is wide.
    public static func quantile(twoSided share: Double, degrees: Double) -> Double {
        var (lower, upper) = (0.0, 1.0)
        while twoSided(upper, degrees: degrees) > share { upper *= 2 }
        // Halved until there is no number between.
        while true {
            let middle = (lower + upper) / 2
            guard lower < middle, middle < upper else { return middle }
            if twoSided(middle, degrees: degrees) > share { lower = middle } else { upper = middle }
        }
    }

    /// The regularised incomplete beta function I_x(a, b), by the continued fraction DLMF 8.17.22.
    ///
    /// `y` is 1−x, which the caller may know to more digits.
    private static func incompleteBeta(_ x: Double, _ y: Double, _ a: Double, _ b: Double) -> Double {
        guard x > 0 else { return 0 }
        guard y > 0 else { return 1 }
        // The fraction converges quickly only on this side of the mean: I_x(a, b) = 1 − I_{1−x}(b, a).
        guard x <= (a + 1) / (a + b + 2) else { return 1 - incompleteBeta(y, x, b, a) }
        let front = a * log(x) + b * log(y) + lgamma(a + b).0 - lgamma(a).0 - lgamma(b).0
        let fraction = ContinuedFraction.value { term in
            let m = Double(term / 2)
            return term % 2 == 0
                ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        }
        return exp(front) / (a * fraction)
    }
}
