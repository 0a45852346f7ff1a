/// A certificate for 127.0.0.1, made on the spot with openssl; it is its own authority.
public struct Certificate: Sendable {
    public let certificate: String
    public let key: String

    public init(in folder: TemporaryFolder) throws {
        certificate = "\(folder.path)/cert.pem"
        key = "\(folder.path)/key.pem"
        let ending = try ChildProcess.run([
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
        ])
        guard ending.status == 0 else { throw ChildProcess.Problem(message: ending.error) }
    }
}
