import CCrypto
import Glibc
import POSIX
import Results

extension SHA256Digest {
    /// The digest of `bytes`.
    public init(of bytes: some Sequence<UInt8>) {
        var hasher = SHA256Hasher()
        hasher.update(Array(bytes))
        self = hasher.finish()
    }
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
    public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

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
