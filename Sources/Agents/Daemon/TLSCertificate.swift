import AgentAPI
import CTLS
import Glibc

/// A certificate and its key, checked before a client refuses them.
struct TLSCertificate {
    /// The names a client may use, as `DNS:board.local, IP Address:10.0.0.5`; empty for none.
    let names: String
    /// The last day, `2027-11-24`.
    let lastDay: String

    /// Checks two PEM texts; throws `invalid-request` with the problem and the remedy.
    init(certificate: String, key: String) throws(Failure) {
        let certificateBytes = Array(certificate.utf8)
        guard let parsed = harness_certificate(certificateBytes, Int32(certificateBytes.count)) else {
            throw Failure(.invalidRequest, "holds no certificate: it must be PEM, with “BEGIN CERTIFICATE”.")
        }
        defer { X509_free(parsed) }
        let keyBytes = Array(key.utf8)
        guard let parsedKey = harness_private_key(keyBytes, Int32(keyBytes.count)) else {
            throw Failure(.invalidRequest, "the key file holds no usable key: it must be PEM without a passphrase.")
        }
        defer { EVP_PKEY_free(parsedKey) }
        guard X509_check_private_key(parsed, parsedKey) == 1 else {
            throw Failure(
                .invalidRequest, "the key does not belong to the certificate: name the pair that was made together.")
        }
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = harness_certificate_names(parsed, &buffer, Int32(buffer.count))
        names = String(decoding: buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        lastDay = Self.day(X509_get0_notAfter(parsed))
        guard X509_cmp_current_time(X509_get0_notBefore(parsed)) < 0 else {
            throw Failure(
                .invalidRequest,
                "is valid from \(Self.day(X509_get0_notBefore(parsed))) only: set the board's clock, or wait.")
        }
        guard X509_cmp_current_time(X509_get0_notAfter(parsed)) > 0 else {
            throw Failure(.invalidRequest, "expired on \(lastDay): make a new one, or set the board's clock.")
        }
    }

    private static func day(_ time: UnsafePointer<ASN1_TIME>?) -> String {
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { return "an unreadable day" }
        func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(1900 + parts.tm_year)-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday))"
    }
}
