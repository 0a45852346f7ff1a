/// How one value is written on the command line: its name in the help, its check, what a shell completes.
public struct ValueKind<Value: Sendable>: Sendable {
    let placeholder: String
    let completion: Completion
    let parse: @Sendable (String) throws(UsageError) -> Value

    /// A kind shown as `placeholder`, whose `parse` throws a `UsageError` that says what is expected.
    public init(
        _ placeholder: String, completion: Completion = .none,
        parse: @escaping @Sendable (String) throws(UsageError) -> Value
    ) {
        (self.placeholder, self.completion, self.parse) = (placeholder, completion, parse)
    }
}

/// What a shell offers where a value is to be typed.
public enum Completion: Hashable, Sendable {
    case none
    case file
    case directory
    case words([String])
}

extension ValueKind where Value == String {
    /// Any text.
    public static func text(_ placeholder: String) -> Self {
        ValueKind(placeholder) { text throws(UsageError) in text }
    }

    /// A file's path.
    public static func file(_ placeholder: String = "FILE") -> Self {
        ValueKind(placeholder, completion: .file) { text throws(UsageError) in try notEmpty(text) }
    }

    /// A folder's path.
    public static func directory(_ placeholder: String = "DIR") -> Self {
        ValueKind(placeholder, completion: .directory) { text throws(UsageError) in try notEmpty(text) }
    }

    /// One of `words`.
    public static func choice(_ placeholder: String, _ words: [String]) -> Self {
        ValueKind(placeholder, completion: .words(words)) { text throws(UsageError) in
            guard words.contains(text) else { throw unknownWord(text, words) }
            return text
        }
    }
}

extension ValueKind where Value == [String] {
    /// Several of `words`, separated by commas.
    public static func choices(_ placeholder: String, _ words: [String]) -> Self {
        ValueKind(placeholder, completion: .words(words)) { text throws(UsageError) in
            let chosen = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            for word in chosen where !words.contains(word) { throw unknownWord(word, words) }
            return chosen
        }
    }
}

extension ValueKind where Value == Int {
    /// A whole number in `range`.
    public static func integer(_ placeholder: String = "N", in range: ClosedRange<Int> = 0...Int.max) -> Self {
        ValueKind(placeholder) { text throws(UsageError) in
            guard let value = Int(text) else { throw UsageError("“\(text)” is not a whole number") }
            guard range.contains(value) else {
                let bounds =
                    range.upperBound == .max
                    ? "at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
                throw UsageError("\(text) is out of range: \(bounds)")
            }
            return value
        }
    }

    /// A temperature in degrees Celsius: `60C`, or `60`.
    public static func celsius(_ placeholder: String = "TEMPERATURE") -> Self {
        ValueKind(placeholder) { text throws(UsageError) in
            let value = Int(text.hasSuffix("C") ? String(text.dropLast()) : text)
            guard let value, (1...150).contains(value) else {
                throw UsageError("“\(text)” is not a temperature; write for example 60C")
            }
            return value
        }
    }

    /// A number of bytes: `1000`, `64KiB`, `200MiB`, `1GiB`.
    public static func bytes(_ placeholder: String = "SIZE") -> Self {
        ValueKind(placeholder) { text throws(UsageError) in
            let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("", 1)]
            for (unit, factor) in units where text.hasSuffix(unit) {
                guard let number = Int(text.dropLast(unit.count)), number > 0 else { break }
                let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
                if !overflow { return bytes }
            }
            throw UsageError("“\(text)” is not a size; write for example 200MiB or 1GiB")
        }
    }
}

extension ValueKind where Value == Double {
    /// A number above zero: `20`, `0.5`.
    public static func number(_ placeholder: String = "X") -> Self {
        ValueKind(placeholder) { text throws(UsageError) in
            guard let value = Double(text), value > 0, value.isFinite else {
                throw UsageError("“\(text)” is not a number above zero")
            }
            return value
        }
    }
}

extension ValueKind where Value == Int64 {
    /// A duration in nanoseconds, written `250ms`, `10s`, `2m` or `1h`; a bare number is seconds. `least` is in nanoseconds.
    public static func duration(_ placeholder: String = "TIME", atLeast least: Int64 = 0) -> Self {
        ValueKind(placeholder) { text throws(UsageError) in
            let units: [(String, Double)] = [("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9), ("", 1e9)]
            for (unit, factor) in units where text.hasSuffix(unit) {
                guard let number = Double(text.dropLast(unit.count)), number >= 0, number * factor < 1e18 else { break }
                let nanoseconds = Int64((number * factor).rounded())
                guard nanoseconds >= least else {
                    throw UsageError("“\(text)” is too short; the minimum is \(Double(least) / 1e9) s")
                }
                return nanoseconds
            }
            throw UsageError("“\(text)” is not a duration; write for example 250ms, 10s, 2m or 1h")
        }
    }
}

private func notEmpty(_ text: String) throws(UsageError) -> String {
    guard !text.isEmpty else { throw UsageError("an empty path") }
    return text
}
