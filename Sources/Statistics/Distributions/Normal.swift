import Glibc

/// The standard normal distribution.
public enum Normal {
    /// P(Z > z), by the complementary error function (DLMF 7.2.2), so that small values keep their digits.
    public static func survival(_ z: Double) -> Double { erfc(z / 2.0.squareRoot()) / 2 }

    /// P(|Z| ≥ |z|).
    public static func twoSided(_ z: Double) -> Double { erfc(abs(z) / 2.0.squareRoot()) }
}
