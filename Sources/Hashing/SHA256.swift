import CCrypto
import Glibc
import POSIX

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

    /// The digest of `bytes`.
    public init(of bytes: some Sequence<UInt8>) {
        var hasher = SHA256Hasher()
        hasher.update(Array(bytes))
        self = hasher.finish()
    }

    fileprivate init(raw: [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        hex = String(decoding: raw.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Decodes the hexadecimal digits.
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

    /// Encodes the hexadecimal digits.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }

    /// The hexadecimal digits.
    public var description: String { hex }

    /// The first 12 digits, for people.
    public var short: String { String(hex.prefix(12)) }
}

/// Computes a SHA-256 digest piece by piece, through OpenSSL's libcrypto.
public struct SHA256Hasher: ~Copyable {
    private let context: OpaquePointer

    /// A hasher that has seen nothing.
    public init() {
        // EVP_MD_CTX_new fails only without memory, and then nothing else works either.
        context = EVP_MD_CTX_new()!
        precondition(EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1, "libcrypto has no SHA-256")
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds `bytes` to what is hashed.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        precondition(EVP_DigestUpdate(context, start, bytes.count) == 1, "libcrypto refused to hash")
    }

    /// Adds `bytes` to what is hashed.
    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// The first 8 bytes of the digest of `bytes`, as a little-endian number: to find a row again, not to trust it.
    public static func check(of bytes: [UInt8]) -> UInt64 {
        var raw = [UInt8](repeating: 0, count: 32)
        precondition(EVP_Digest(bytes, bytes.count, &raw, nil, EVP_sha256(), nil) == 1, "libcrypto refused to hash")
        return raw.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The digest of everything added.
    public consuming func finish() -> SHA256Digest {
        var raw = [UInt8](repeating: 0, count: 32)
        precondition(EVP_DigestFinal_ex(context, &raw, nil) == 1, "libcrypto refused to finish a hash")
        return SHA256Digest(raw: raw)
    }
}

extension SHA256Digest {
    /// The digest of a file's content, read in pieces.
    public init(ofFile path: String) throws(SystemError) {
        var hasher = SHA256Hasher()
        try FileDescriptor(opening: path, O_RDONLY).readPieces(of: 1 << 18) { hasher.update($0) }
        self = hasher.finish()
    }
}
