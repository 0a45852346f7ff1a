/// A certificate for 127.0.0.1, made on the spot with openssl; it is its own authority.
public struct Certificate: Sendable {
    /// File of the certificate.
    public let certificate: String
    /// File of its key.
    public let key: String

    /// Makes both in `folder`.
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

extension Certificate {
    /// A certificate for `key` with chosen days, by openssl's own small authority.
    public static func selfSigned(
        _ name: String, _ key: String, in folder: TemporaryFolder, from begin: String, to end: String
    ) throws -> String {
        let request = "\(folder.path)/\(name).csr"
        let certificate = "\(folder.path)/\(name).pem"
        try folder.write("\(name)-index", "")
        let configuration = try folder.write(
            "\(name).cnf",
            """
            [ca]
            default_ca = own
            [own]
            database = \(folder.path)/\(name)-index
            new_certs_dir = \(folder.path)
            rand_serial = yes
            default_md = sha256
            policy = any
            [any]
            commonName = supplied
            """)
        for arguments in [
            ["openssl", "req", "-new", "-key", key, "-subj", "/CN=\(name)", "-out", request],
            [
                "openssl", "ca", "-batch", "-notext", "-selfsign", "-config", configuration, "-keyfile", key, "-in",
                request, "-startdate", begin, "-enddate", end, "-out", certificate,
            ],
        ] {
            let ending = try ChildProcess.run(arguments)
            guard ending.status == 0 else { throw ChildProcess.Problem(message: ending.error) }
        }
        return certificate
    }
}
