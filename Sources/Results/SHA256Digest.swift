/// A SHA-256 digest as 64 lowercase hexadecimal digits: the name of every blob.
public struct SHA256Digest: Hashable, Sendable, Codable, CustomStringConvertible {
    /// 64 lowercase hexadecimal digits.
    public let hex: String

    /// The digest written as `hex`, or nil if that is not 64 lowercase hexadecimal digits.
    public init?(hex: some StringProtocol) {
        guard hex.utf8.count == 64,
            hex.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (97...102).contains($0) })
        else { return nil }
        self.hex = String(hex)
    }

    /// The digest whose 32 bytes are `raw`.
    public init(raw: [UInt8]) {
        precondition(raw.count == 32, "a SHA-256 digest has 32 bytes")
        let digits = Array("0123456789abcdef".utf8)
        hex = String(decoding: raw.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Reads the digits; throws for anything else.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let digest = SHA256Digest(hex: text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "a SHA-256 digest is 64 lowercase hexadecimal digits"))
        }
        self = digest
    }

    /// Writes the digits.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }

    /// The digits.
    public var description: String { hex }

    /// The first 12 digits, for people.
    public var short: String { String(hex.prefix(12)) }
}
