import AgentClient
import AgentAPI
import Synchronization
import TestSupport
import Testing

@Suite struct ClientTests {
    @Test("Facts, blobs and jobs go through libcurl to the real agent")
    func whole() async throws {
        let agent = try AgentProcess()
        let client = AgentClient(address: agent.address)
        let info = try await client.info()
        #expect(try info.tvm?.version == Fixtures.runtime().version && info.devices.map(\.name) == ["cpu:0"])
        let path = "\(try Fixtures.folder())/bundle-null/module.so"
        let module = try contents(path)
        let digest = SHA256Digest(of: module)
        #expect(try await client.missing([digest]).map(\.heldBytes) == [0])
        #expect(try await client.put(digest, file: path, size: module.count) == module.count)
        #expect(try await client.missing([digest]).isEmpty)
        #expect(try await client.blob(digest) == module)
        let status = try await client.submit(.plain("j", module: module))
        #expect(status.id == "j")
        var numbers: [Int] = []
        for try await event in client.events("j") { numbers.append(event.number) }
        #expect(numbers == Array(1...numbers.count) && numbers.count > 10)
        #expect(try await client.status("j").state == .ended(.succeeded))
        #expect(try await client.cancel("j").state == .ended(.succeeded))
    }

    @Test("An upload continues where an interrupted one stopped, even when called with another offset")
    func resume() async throws {
        let agent = try AgentProcess()
        let client = AgentClient(address: agent.address)
        let folder = try TemporaryFolder()
        let bytes = (0..<50_000).map { UInt8($0 % 251) }
        let path = try folder.write("blob", bytes)
        let digest = SHA256Digest(of: bytes)
        try agent.folder.write("agent/partial/\(digest.hex)", Array(bytes.prefix(20_000)))
        #expect(try await client.put(digest, file: path, size: bytes.count, heldBytes: 0) == 30_000)
        #expect(try await client.blob(digest) == bytes)
    }

    @Test("A problem becomes a failure with the agent's code and message")
    func problems() async throws {
        let client = AgentClient(address: try AgentProcess().address)
        let missing = await caught(Failure.self) { _ = try await client.status("none") }
        #expect(missing == nil || missing?.code == .notFound || missing?.code == .unreachable)
        let agent = try AgentProcess()
        let living = AgentClient(address: agent.address)
        let failure = await caught(Failure.self) { _ = try await living.status("none") }
        #expect(failure?.code == .notFound)
        let blobs = await caught(Failure.self) { _ = try await living.submit(.plain("x", module: [1, 2, 3])) }
        #expect(blobs?.code == .blobsMissing)
    }

    @Test("An agent that is not there is unreachable, and the message has the remedy")
    func unreachable() async throws {
        let client = AgentClient(address: "http://127.0.0.1:1")
        let failure = await caught(Failure.self) { _ = try await client.info() }
        #expect(failure?.code == .unreachable && failure?.message.contains("harness-agent") == true)
    }

    @Test("A server that is not an agent is a protocol error, and an invalid address is refused")
    func strangers() async throws {
        let file = AgentClient(address: "file:///etc")
        #expect(await caught(Failure.self) { _ = try await file.info() }?.code == .invalidRequest)
        let agent = try AgentProcess()
        let elsewhere = AgentClient(address: agent.address + "/healthz")
        #expect(await caught(Failure.self) { _ = try await elsewhere.info() }?.code == .notFound)
    }

    @Test("TLS requires the authority that signed the certificate, and the token; neither is shown")
    func tls() async throws {
        let folder = try TemporaryFolder()
        let certificate = try Certificate(in: folder)
        let token = "0123456789abcdef0123456789abcdef"
        let agent = try AgentProcess(
            [
                "--token-file", folder.write("token", token), "--tls-cert", certificate.certificate, "--tls-key",
                certificate.key,
            ])
        let good = AgentClient(address: agent.address, token: token, caFile: certificate.certificate)
        #expect(try await good.info().board.cores >= 1)
        let stranger = AgentClient(address: agent.address, token: token)
        #expect(await caught(Failure.self) { _ = try await stranger.info() }?.code == .tlsFailed)
        let wrong = AgentClient(address: agent.address, token: token + "x", caFile: certificate.certificate)
        let refused = await caught(Failure.self) { _ = try await wrong.info() }
        #expect(refused?.code == .unauthorised && refused?.message.contains(token) == false)
    }

    @Test("Following a job survives the agent's death and restart")
    func reconnect() async throws {
        let scripts = try TemporaryFolder()
        let hang = try scripts.write("h", "#!/bin/sh\nexec sleep 1000\n", executable: true)
        let port = try AgentProcess().address.split(separator: ":").last.map(String.init) ?? ""
        let options = ["--listen", "127.0.0.1:\(port)", "--runner", "hang=\(hang)"]
        let agent = try AgentProcess(options)
        let module = try contents("\(Fixtures.folder())/bundle-null/module.so")
        try agent.put(module)
        let client = AgentClient(address: agent.address)
        _ = try await client.submit(.plain("r", module: module, runner: "hang"))
        var states: [Outcome] = []
        var restarted: AgentProcess?
        for try await event in client.events("r", patience: 30) {
            if case .started = event.content { restarted = try agent.restart(options) }
            if case .ended(let state, _, _) = event.content { states.append(state) }
        }
        #expect(states == [.lost] && restarted != nil)
    }

    @Test("A cancelled task ends its transfer")
    func cancellation() async throws {
        let scripts = try TemporaryFolder()
        let hang = try scripts.write("h", "#!/bin/sh\nexec sleep 1000\n", executable: true)
        let agent = try AgentProcess(["--runner", "hang=\(hang)"])
        let module = try contents("\(Fixtures.folder())/bundle-null/module.so")
        try agent.put(module)
        let client = AgentClient(address: agent.address)
        _ = try await client.submit(.plain("c", module: module, runner: "hang"))
        let seen = Mutex(0)
        let follower = Task {
            for try await _ in client.events("c") { seen.withLock { $0 += 1 } }
        }
        while seen.withLock({ $0 }) < 2 { await Task.yield() }
        follower.cancel()
        _ = await follower.result
        #expect(try await client.cancel("c").id == "c")
    }
}
