import FoundationEssentials
import Statistics

/// Numbers as people read them, in one place: digits, units, and a dash for what is not known.
enum Format {
    static let unknown = "–"

    /// A duration in the unit that gives one to three digits before the point.
    static func duration(_ nanoseconds: Double?) -> String {
        guard let nanoseconds else { return unknown }
        if nanoseconds == 0 { return "0" }
        let (unit, factor): (String, Double) =
            switch nanoseconds {
            case ..<1e3: ("ns", 1)
            case ..<1e6: ("µs", 1e3)
            case ..<1e9: ("ms", 1e6)
            case ..<120e9: ("s", 1e9)
            default: ("min", 60e9)
            }
        return "\(digits(nanoseconds / factor)) \(unit)"
    }

    /// Binary multiples.
    static func bytes(_ bytes: Int?) -> String {
        guard let bytes else { return unknown }
        let number = Double(bytes)
        switch number {
        case ..<1024: return "\(bytes) B"
        case ..<1_048_576: return "\(digits(number / 1024)) KiB"
        case ..<1_073_741_824: return "\(digits(number / 1_048_576)) MiB"
        default: return "\(digits(number / 1_073_741_824)) GiB"
        }
    }

    /// Dice with four decimals: differences between variants show in the third.
    static func dice(_ dice: Double?) -> String { dice.map { fixed($0, 4) } ?? unknown }

    /// Images per second.
    static func rate(_ perSecond: Double?) -> String { perSecond.map { digits($0) } ?? unknown }

    /// A ratio of speeds.
    static func ratio(_ ratio: Double) -> String { "\(fixed(ratio, 2))×" }

    /// Between which ratios.
    static func interval(_ interval: Interval) -> String {
        "\(fixed(interval.lower, 2)) … \(fixed(interval.upper, 2))"
    }

    /// Three significant digits, no exponent.
    static func digits(_ value: Double) -> String {
        switch abs(value) {
        case 100...: fixed(value, 0)
        case 10..<100: fixed(value, 1)
        case 1..<10: fixed(value, 2)
        default: fixed(value, 3)
        }
    }

    /// `decimals` digits after the point, rounded to nearest.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite else { return unknown }
        var factor = 1.0
        for _ in 0..<decimals { factor *= 10 }
        let scaled = Int64((abs(value) * factor).rounded())
        let sign = value < 0 && scaled != 0 ? "−" : ""
        guard decimals > 0 else { return "\(sign)\(scaled)" }
        let text = String(scaled)
        let padded = String(repeating: "0", count: max(0, decimals + 1 - text.count)) + text
        return "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
    }
}
