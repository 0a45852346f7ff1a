import JSON
import AgentAPI
import FoundationEssentials
import TestSupport
import Testing

@testable import AgentDaemon

@Suite struct AccessTests {
    private static let token = "0123456789abcdef0123456789abcdef"

    @Test(
        "Listening beyond loopback is refused without a token and TLS, with status 64",
        arguments: [[], ["--token-file"], ["--tls-cert", "--tls-key"]])
    func refused(options: [String]) throws {
        let folder = try TemporaryFolder()
        let certificate = try Certificate(in: folder)
        let files = [
            "--token-file": try folder.write("token", Self.token), "--tls-cert": certificate.certificate,
            "--tls-key": certificate.key,
        ]
        let words =
            ["--listen", "0.0.0.0:0", "--data", "\(folder.path)/data"] + options.flatMap { [$0, files[$0] ?? ""] }
        let ending = try ChildProcess.run([Fixtures.program("harness-agent")] + words)
        #expect(ending.status == 64)
        #expect(ending.error.contains("--token-file") && ending.error.contains("--tls-cert"))
        #expect(ending.output == "")
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/data"))
    }

    @Test("With a token and TLS it listens; every path but healthz requires the token")
    func tls() throws {
        let folder = try TemporaryFolder()
        let certificate = try Certificate(in: folder)
        let agent = try AgentProcess(
            [
                "--listen", "0.0.0.0:0", "--token-file", folder.write("token", Self.token + "\n"), "--tls-cert",
                certificate.certificate, "--tls-key", certificate.key,
            ],
            curlOptions: ["--insecure"])
        #expect(agent.address.hasPrefix("https://"))
        #expect(try agent.ask("GET", "/healthz").status == 200)
        for path in ["/v1/info", "/v1/jobs", "/metrics", "/openapi.json", "/nothing"] {
            #expect(try agent.ask("GET", path).status == 401, "\(path)")
            #expect(
                try agent.ask("GET", path, headers: ["Authorization: Bearer \(Self.token)x"]).status == 401, "\(path)")
        }
        #expect(try agent.ask("GET", "/v1/info", headers: ["Authorization: Bearer \(Self.token)"]).status == 200)
        #expect(!agent.child.error.contains(Self.token))
    }

    @Test("A short token, half a TLS pair or an unreadable file is refused")
    func badOptions() throws {
        let folder = try TemporaryFolder()
        let program = try Fixtures.program("harness-agent")
        func status(_ options: [String]) throws -> Int32? {
            try ChildProcess.run([program, "--listen", "127.0.0.1:0", "--data", "\(folder.path)/d"] + options).status
        }
        #expect(try status(["--token-file", folder.write("short", "abc")]) == 64)
        #expect(try status(["--tls-cert", "cert.pem"]) == 64)
        #expect(try status(["--token-file", "\(folder.path)/none"]) == 64)
        #expect(try status(["--listen", "localhost"]) == 64)
        #expect(try status(["--listne", "x"]) == 64)
    }

    @Test("Two agents do not share a data folder")
    func locked() throws {
        let agent = try AgentProcess()
        let ending = try ChildProcess.run(
            [Fixtures.program("harness-agent"), "--listen", "127.0.0.1:0", "--data", "\(agent.folder.path)/agent"])
        #expect(ending.status == 1)
        #expect(ending.error.contains("another agent is using"))
    }

    @Test("The agent ends with its parent's pipe")
    func parent() throws {
        let folder = try TemporaryFolder()
        let ending = try ChildProcess.run(
            [
                Fixtures.program("harness-agent"), "--listen", "127.0.0.1:0", "--data", "\(folder.path)/d",
                "--exit-with-parent",
            ])
        #expect(ending.status == 0)
        #expect(ending.output.hasPrefix("{\"listening\":\"http://127.0.0.1:"))
    }

    @Test(
        "Without a token a web page cannot ask: neither by a name that resolves to this machine, nor across origins",
        arguments: [
            "Host: evil.example:7411", "Host: 127.evil.example.", "Origin: http://evil.example", "Origin: null",
        ])
    func browser(header: String) throws {
        let agent = try AgentProcess()
        let refused = try agent.ask("GET", "/v1/info", headers: [header])
        #expect(refused.status == 403 && refused.text.contains("unauthorised"))
        for host in ["localhost", "127.0.0.1:1", "[::1]:7411", "127.1.2.3"] {
            #expect(try agent.ask("GET", "/v1/info", headers: ["Host: \(host)"]).status == 200, "\(host)")
        }
    }

    @Test("Unknown paths and wrong methods are answered as problems")
    func routes() throws {
        let agent = try AgentProcess()
        let unknown = try agent.ask("GET", "/v2/info")
        #expect(unknown.status == 404)
        #expect(unknown.headers.contains("application/problem+json"))
        let wrong = try agent.ask("DELETE", "/v1/info")
        #expect(wrong.status == 405 && wrong.headers.contains("Allow: GET, HEAD"))
        #expect(try agent.ask("GET", "/metrics").text.contains("harness_jobs_running 0"))
    }

    @Test("The contract that is served is the one in docs/openapi.json, and describes every route and no other")
    func contract() throws {
        let agent = try AgentProcess()
        let served = try agent.ask("GET", "/openapi.json")
        let written = try contents("\(Fixtures.checkout)/docs/openapi.json")
        #expect(served.body == written)
        guard case .object(let paths) = try served.decoded(JSONValue.self)["paths"] else {
            Issue.record("the contract has no paths")
            return
        }
        let methods = Set(Route.allCases.map { $0.method.lowercased() } + ["patch", "options", "trace"])
        var described: Set<[String]> = []
        for (path, item) in paths {
            guard case .object(let operations) = item else { continue }
            for (method, operation) in operations where methods.contains(method) {
                // An empty requirement alone means that no token is needed.
                let isOpen = operation["security"] == .array([.object([:])])
                described.insert([
                    method.uppercased(), path, operation["operationId"]?.string ?? "no id", isOpen ? "open" : "token",
                ])
            }
        }
        #expect(
            described
                == Set(Route.allCases.map { [$0.method, $0.path, $0.rawValue, $0.needsToken ? "token" : "open"] }))
    }

    @Test("Every route is found by its own path, and no other path leads to it")
    func table() {
        for route in Route.allCases {
            #expect(Route.at(route.path("x"))?.routes.contains(route) == true)
            #expect(Route.at(route.path("x"))?.argument == (route.path.contains("{") ? "x" : ""))
        }
        #expect(Route.at("/v1/blobs/query")?.routes == [.queryBlobs])
        for path in ["", "/", "/v1", "/v2/info", "/v1/jobs/x/y", "/v1/jobs/x/events/y", "/v1/infos"] {
            #expect(Route.at(path) == nil, "\(path)")
        }
    }

    @Test("Equal texts are equal, whatever else they are")
    func constantTime() {
        #expect(AccessControl.equalInConstantTime([1, 2], [1, 2]))
        #expect(!AccessControl.equalInConstantTime([1, 2], [1, 3]))
        #expect(!AccessControl.equalInConstantTime([1], [1, 2]))
    }
}
