/// Continued fractions of the form 1 + c₁/(1 + c₂/(1 + …)).
enum ContinuedFraction {
    /// By Lentz's method as modified by Thompson and Barnett 1986 (Numerical Recipes, 5.2).
    static func value(coefficient: (Int) -> Double) -> Double {
        let tiny = 1e-300
        var (fraction, numerator, denominator) = (1.0, 1.0, 0.0)
        for term in 1...10_000 {
            let factor = coefficient(term)
            denominator = 1 + factor * denominator
            if abs(denominator) < tiny { denominator = tiny }
            numerator = 1 + factor / numerator
            if abs(numerator) < tiny { numerator = tiny }
            denominator = 1 / denominator
            let change = numerator * denominator
            fraction *= change
            if abs(change - 1) < 0x1p-52 { break }
        }
        return fraction
    }
}
