/// Cuts bytes into lines as they come, in time linear in their number.
public struct LineReader: Sendable {
    /// A line has more bytes than `maximumLength`.
    public struct LineTooLong: Error, Hashable, Sendable {
        /// Bytes that a line may have.
        public var maximumLength: Int
    }

    /// Bytes that a line may have.
    public let maximumLength: Int
    /// Bytes after the last line feed.
    public private(set) var rest: [UInt8] = []

    /// A reader that has seen nothing.
    public init(maximumLength: Int) { self.maximumLength = maximumLength }

    /// The lines that are complete now, without their line feeds.
    public mutating func add(_ bytes: some Collection<UInt8>) throws(LineTooLong) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var unread = bytes[...]
        while let feed = unread.firstIndex(of: UInt8(ascii: "\n")) {
            rest += unread[..<feed]
            guard rest.count <= maximumLength else { throw LineTooLong(maximumLength: maximumLength) }
            lines.append(rest)
            rest = []
            unread = unread[unread.index(after: feed)...]
        }
        rest += unread
        guard rest.count <= maximumLength else { throw LineTooLong(maximumLength: maximumLength) }
        return lines
    }

    /// Forgets the beginning of a line that will not be continued.
    public mutating func reset() { rest = [] }
}
