import AgentAPI

/// Who may ask.
struct AccessControl: Sendable {
    /// What clients must present; nil on loopback only.
    let token: String?

    /// The answer to a request that is not allowed; nil if it is.
    func refusal(_ request: HTTPRequest) -> HTTPResponse? {
        guard let token else { return browserRefusal(request) }
        let given = request.header("Authorization") ?? ""
        if Self.equalInConstantTime(Array(given.utf8), Array("Bearer \(token)".utf8)) { return nil }
        return .problem(
            401, "Unauthorized",
            Failure(
                .unauthorised,
                "the agent requires its token: name the file that holds it as token_file in targets.json."),
            headers: [("WWW-Authenticate", "Bearer")])
    }

    /// Without a token only programs of this machine may ask, and not a web page in its browser: it could be served under
    /// a name that then resolves to 127.0.0.1 (DNS rebinding), and post a job with code of its own.
    private func browserRefusal(_ request: HTTPRequest) -> HTTPResponse? {
        let host = request.header("Host") ?? ""
        // Without the port; an IPv6 address has brackets.
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" }
        // Names may begin with 127., too.
        let isAddress = name.hasPrefix("127.") && name.utf8.allSatisfy { (46...57).contains($0) }
        let isOwn = name.isEmpty || name == "localhost" || name == "[::1]" || isAddress
        guard !isOwn || request.header("Origin") != nil else { return nil }
        return .problem(
            403, "Forbidden",
            Failure(
                .unauthorised,
                "without a token the agent answers only programs that call it by its loopback address, and no web page: use 127.0.0.1, or give the agent --token-file."
            ))
    }

    /// Takes as long for a wrong token as for the right one of the same length.
    static func equalInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
