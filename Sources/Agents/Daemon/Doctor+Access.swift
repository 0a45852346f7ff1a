import POSIX
import AgentAPI
import Glibc

extension Doctor {
    /// The address, and the secrets that it needs or that were given.
    var secrets: [Finding] {
        let hasPair = credentials.certificate != nil || credentials.key != nil
        return [address] + [credentials.token.map(token), hasPair ? certificate : nil].compactMap(\.self)
    }

    private var address: Finding {
        if configuration.isLoopback { return .ok("address", "\(configuration.host): only this machine can connect") }
        let named = [credentials.token, credentials.certificate, credentials.key].compactMap(\.self)
        guard named.count == 3 else {
            return .problem(
                "address", configuration.unprotected.message,
                remedy: "\(Self.newToken("TOKEN")); \(Self.newPair("CERT", "KEY"))")
        }
        return .ok("address", "\(configuration.host): other machines can connect, with the token and TLS")
    }

    private static func newToken(_ path: String) -> String { "openssl rand -hex 32 > \(path)" }

    private static func newPair(_ certificate: String, _ key: String) -> String {
        "openssl req -x509 -newkey rsa:2048 -nodes -days 730 -subj /CN=BOARD -addext subjectAltName=DNS:BOARD -keyout \(key) -out \(certificate)"
    }

    private func token(_ path: String) -> Finding {
        do throws(Failure) {
            try AgentConfiguration.check(token: CredentialFiles.text(path).filter { !$0.isWhitespace })
        } catch {
            return .problem("token", "\(path): \(error.message)", remedy: Self.newToken(path))
        }
        guard !Self.isWorldReadable(path) else {
            return .note("token", "\(path): every user of this board can read it", remedy: "chmod o-rwx \(path)")
        }
        return .ok("token", path)
    }

    private static func isWorldReadable(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IROTH != 0
    }

    private var certificate: Finding {
        guard let file = credentials.certificate, let keyFile = credentials.key else {
            return .problem(
                "certificate", "--tls-cert and --tls-key go together", remedy: "Name the other one as well.")
        }
        let parsed: TLSCertificate
        do throws(Failure) {
            let (certificate, key) = (try CredentialFiles.text(file), try CredentialFiles.text(keyFile))
            parsed = try TLSCertificate(certificate: certificate, key: key)
            // The library that will serve decides.
            try HTTPServer(host: "127.0.0.1", port: 0, tls: .init(certificate: certificate, key: key)) { _ in
                preconditionFailure("stopped before anyone could know the port")
            }.stop()
        } catch {
            return .problem("certificate", "\(file): \(error.message)", remedy: Self.newPair(file, keyFile))
        }
        guard !Self.isWorldReadable(keyFile) else {
            return .note(
                "certificate", "\(keyFile): every user of this board can read the key", remedy: "chmod o-rwx \(keyFile)"
            )
        }
        guard !parsed.names.isEmpty else {
            return .note(
                "certificate", "\(file) has no subjectAltName: clients will refuse it",
                remedy: Self.newPair(file, keyFile))
        }
        return .ok("certificate", "\(file): \(parsed.names), until \(parsed.lastDay); the key matches")
    }

    /// Whether the port is free.
    var port: Finding {
        let problem: Int32?
        do throws(Failure) {
            problem = try SocketAddress(host: configuration.host, port: configuration.port).problemBinding()
        } catch {
            return .problem("port", error.message, remedy: "“ip address” shows this board's; 0.0.0.0 is all of them.")
        }
        let text = "\(configuration.port)"
        switch problem {
        case nil: return .ok("port", configuration.port == 0 ? "any free one" : "\(text) is free")
        case EADDRINUSE where isAgentRunning:
            return .ok("port", "\(text): an agent is running with this data folder")
        case EADDRINUSE:
            return .problem(
                "port", "\(text) is in use by another program",
                remedy: "Choose another with --listen; “ss -ltnp sport = :\(text)” shows which.")
        case EACCES:
            return .problem(
                "port", "\(text) is reserved for root", remedy: "Choose one of at least 1024 with --listen.")
        case EADDRNOTAVAIL:
            return .problem(
                "port", "\(configuration.host) is not an address of this board",
                remedy: "“ip address” shows this board's; 0.0.0.0 is all of them.")
        case let number?:
            return .problem(
                "port", "\(configuration.host):\(text): \(SystemError.reason(number))",
                remedy: "Choose another IP address and port with --listen.")
        }
    }
}
