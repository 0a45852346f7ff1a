import POSIX
import AgentAPI

/// Where an agent's token, certificate and key lie: paths as they were given, nil where none was.
public struct CredentialFiles: Sendable {
    /// The file of the clients' token.
    public var token: String?
    /// The file of the certificate, PEM.
    public var certificate: String?
    /// The file of the certificate's key, PEM.
    public var key: String?

    /// The files at these paths; nothing is read yet.
    public init(token: String? = nil, certificate: String? = nil, key: String? = nil) {
        (self.token, self.certificate, self.key) = (token, certificate, key)
    }

    /// Reads them into `configuration`; throws `invalid-request` for a file that cannot be read and for half a pair.
    public func load(into configuration: inout AgentConfiguration) throws(Failure) {
        configuration.token = try token.map { path throws(Failure) in try Self.text(path).filter { !$0.isWhitespace } }
        switch (certificate, key) {
        case (nil, nil): break
        case (let certificate?, let key?):
            configuration.tls = (try Self.text(certificate), try Self.text(key))
        default: throw Failure(.invalidRequest, "--tls-cert and --tls-key go together")
        }
    }

    /// The content of a file; throws `invalid-request` if it cannot be read.
    static func text(_ path: String) throws(Failure) -> String {
        guard let bytes = try? File.read(path) else {
            throw Failure(.invalidRequest, "\(path) cannot be read: does it exist, and may this user read it?")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
