/// Formats numbers for people: three significant digits, a unit, and a dash for unknown values.
public enum Format {
    /// What stands for an unknown value.
    public static let unknown = "–"

    /// A duration in nanoseconds, in the unit that gives one to three digits before the point.
    public static func duration(_ nanoseconds: Double?) -> String {
        guard let nanoseconds else { return unknown }
        if nanoseconds == 0 { return "0" }
        // A unit ends where three digits would round up to a thousand of it.
        let (unit, factor): (String, Double) =
            switch nanoseconds {
            case ..<999.5: ("ns", 1)
            case ..<999.5e3: ("µs", 1e3)
            case ..<999.5e6: ("ms", 1e6)
            case ..<120e9: ("s", 1e9)
            default: ("min", 60e9)
            }
        return "\(digits(nanoseconds / factor)) \(unit)"
    }

    /// A duration in whole nanoseconds.
    public static func duration(_ nanoseconds: Int64?) -> String { duration(nanoseconds.map(Double.init)) }

    /// What is left of a wait, rounded up: a countdown needs no fractions.
    public static func remaining(seconds: Double) -> String {
        let seconds = Int(seconds.rounded(.up))
        return seconds < 120
            ? "\(seconds) s" : seconds < 7200 ? "\((seconds + 59) / 60) min" : "\((seconds + 3599) / 3600) h"
    }

    /// A number of bytes, in binary multiples.
    public static func bytes(_ bytes: Int?) -> String {
        guard let bytes else { return unknown }
        let number = Double(bytes)
        switch number {
        case ..<1024: return "\(bytes) B"
        case ..<1_048_576: return "\(digits(number / 1024)) KiB"
        case ..<1_073_741_824: return "\(digits(number / 1_048_576)) MiB"
        default: return "\(digits(number / 1_073_741_824)) GiB"
        }
    }

    /// A Dice coefficient with four decimals: differences between variants show in the third.
    public static func dice(_ dice: Double?) -> String { dice.map { fixed($0, 4) } ?? unknown }

    /// A measured share of 1, in percent, with three digits but at most two decimals.
    public static func share(_ share: Double?) -> String {
        guard let percent = share.map({ $0 * 100 }) else { return unknown }
        return (abs(percent) < 0.9995 ? fixed(percent, 2) : digits(percent)) + "%"
    }

    /// A change as a signed percentage: `+3.10%` of the ratio 1.031.
    public static func change(_ ratio: Double) -> String {
        let text = share(ratio - 1)
        return ratio > 1 && text != share(0) ? "+\(text)" : text
    }

    /// A configured share, such as a limit, in percent: `99%`, `99.9%`.
    public static func percentage(_ share: Double) -> String { setting(share * 100) + "%" }

    /// A configured number with one decimal at most, and none if it is whole.
    public static func setting(_ value: Double) -> String {
        let tenths = (value * 10).rounded()
        return fixed(value, tenths.truncatingRemainder(dividingBy: 10) == 0 ? 0 : 1)
    }

    /// A ratio of times or speeds.
    public static func ratio(_ ratio: Double) -> String { "\(fixed(ratio, 2))×" }

    /// Two ends of an interval, each as `text` writes it.
    public static func interval(_ lower: Double, _ upper: Double, _ text: (Double) -> String) -> String {
        "\(text(lower)) … \(text(upper))"
    }

    /// A number with its noun: `1 run`, `2 runs`.
    public static func count(_ number: Int, _ noun: String, plural: String? = nil) -> String {
        "\(number) \(number == 1 ? noun : plural ?? noun + "s")"
    }

    /// Three significant digits without an exponent; below 1 three decimals.
    public static func digits(_ value: Double) -> String {
        switch abs(value) {
        case 0: "0"
        case 99.95...: fixed(value, 0)
        case 9.995...: fixed(value, 1)
        case 0.9995...: fixed(value, 2)
        default: fixed(value, 3)
        }
    }

    /// `decimals` digits after the point, rounded to nearest; a dash for what is not a number or too large for one.
    public static func fixed(_ value: Double, _ decimals: Int) -> String {
        var factor = 1.0
        for _ in 0..<decimals { factor *= 10 }
        guard let scaled = Int64(exactly: (abs(value) * factor).rounded()) else { return unknown }
        let sign = value < 0 && scaled != 0 ? "−" : ""
        guard decimals > 0 else { return "\(sign)\(scaled)" }
        let text = String(scaled)
        let padded = String(repeating: "0", count: max(0, decimals + 1 - text.count)) + text
        return "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
    }
}
