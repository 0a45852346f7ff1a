/// Which runs a side of a comparison is made of, as a user writes it.
public enum RunSelector: Hashable, Sendable {
    /// Runs by their numbers.
    case runs([Int64])
    /// A dispatch, by its id or the beginning of it.
    case dispatch(String)
    /// Every dispatch of this `--label`.
    case label(String)
    /// Modules made from this source commit, or one that begins so.
    case commit(String)
    /// Runs started from `from` on and up to `through`, that day or moment included; RFC 3339 in UTC, or a day. Nil for no end.
    case period(from: String, through: String?)

    /// How selectors are written.
    public static let forms = "7, 7,8,9, a dispatch's id, label:NAME, commit:abc123 or since:2026-11-01..2026-11-20"

    /// Reads a selector; nil if it is none.
    public init?(_ text: String) {
        if let colon = text.firstIndex(of: ":") {
            let value = String(text[text.index(after: colon)...])
            guard !value.isEmpty else { return nil }
            switch text[..<colon] {
            case "label": self = .label(value)
            case "commit": self = .commit(value)
            case "dispatch": self = .dispatch(value)
            case "since":
                guard let period = Self.period(value) else { return nil }
                self = period
            default: return nil
            }
            return
        }
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int64($0) }
        if numbers.count == parts.count, numbers.allSatisfy({ $0 > 0 }) {
            self = .runs(numbers)
        } else if text.count >= 4, text.allSatisfy({ $0.isASCII && ($0.isHexDigit || $0 == "-") }) {
            self = .dispatch(text.lowercased())
        } else {
            return nil
        }
    }

    private static func period(_ text: String) -> RunSelector? {
        guard let dots = text.firstRange(of: "..") else {
            return isMoment(text) ? .period(from: text, through: nil) : nil
        }
        let (from, through) = (String(text[..<dots.lowerBound]), String(text[dots.upperBound...]))
        guard isMoment(from), isMoment(through), from <= through else { return nil }
        return .period(from: from, through: through)
    }

    /// `2026-11-01`, or `2026-11-01T12:00:00Z` with or without a fraction.
    private static func isMoment(_ text: String) -> Bool {
        let day = text.prefix(10)
        let isDay =
            day.count == 10
            && day.enumerated().allSatisfy { place, letter in
                place == 4 || place == 7 ? letter == "-" : letter.isASCII && letter.isNumber
            }
        guard isDay, text.count > 10 else { return isDay }
        let time = text.dropFirst(10)
        return time.count >= 10 && time.first == "T" && time.last == "Z"
            && time.dropFirst().dropLast().allSatisfy { ($0.isASCII && $0.isNumber) || $0 == ":" || $0 == "." }
    }
}

extension ResultsStore {
    /// The numbers of the runs that `selector` names, in their order; those that were lost say nothing, and are left out.
    ///
    /// Throws `not-found` if there are none.
    public func ids(of selector: RunSelector) throws(StoreError) -> [Int64] {
        let found: [Int64]
        switch selector {
        case .runs(let numbers):
            for number in numbers {
                guard try connection.first("SELECT 1 FROM run WHERE id = ?", [.integer(number)], { $0.int(0) }) != nil
                else { throw StoreError(.notFound, "there is no run \(number): “harness runs list” shows all.") }
            }
            return Set(numbers).sorted()
        case .dispatch(let id): found = try ids("substr(dispatch_id, 1, length(?1)) = ?1", [.text(id)])
        case .label(let label): found = try ids("label = ?1", [.text(label)])
        case .commit(let commit): found = try ids("substr(source_commit, 1, length(?1)) = ?1", [.text(commit)])
        case .period(let from, let through):
            // A day's moments sort behind the day itself, and before what begins with it and "T24".
            let end = through.map { $0.count == 10 ? $0 + "T24" : $0 }
            found = try ids("started_at >= ?1 AND (?2 IS NULL OR started_at <= ?2)", [.text(from), SQLValue(end)])
        }
        guard !found.isEmpty else { throw StoreError(.notFound, "no run that ended is selected.") }
        return found
    }

    private func ids(_ condition: String, _ values: [SQLValue]) throws(StoreError) -> [Int64] {
        try connection.rows(
            """
            SELECT run.id FROM run JOIN planned_run ON planned_run.id = planned_run_id
                JOIN dispatch ON dispatch.id = dispatch_id JOIN bundle ON manifest_sha256 = bundle_sha256
            WHERE outcome <> 'lost' AND \(condition) ORDER BY run.id
            """, values
        ) { $0.int64(0) }
    }
}
