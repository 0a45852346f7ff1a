import FoundationEssentials

/// Wall-clock times as the wire and the database write them.
public enum Timestamp {
    /// Now, RFC 3339 in UTC with milliseconds: `2026-11-24T12:00:00.000Z`.
    public static func now() -> String { text(Date.now) }

    /// `date`, RFC 3339 in UTC with milliseconds.
    public static func text(_ date: Date) -> String {
        date.formatted(
            .iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted))
    }
}
