import JSON
import AgentAPI
import TestSupport
import Testing

@Suite struct BlobTests {
    @Test("A blob exists after it was sent, and sending it again changes nothing")
    func upload() throws {
        let agent = try AgentProcess()
        let bytes = (0..<100_000).map { UInt8($0 * 31 % 251) }
        let path = "/v1/blobs/\(SHA256Digest(of: bytes).hex)"
        #expect(try agent.ask("HEAD", path).status == 404)
        #expect(try agent.ask("PUT", path, body: bytes).status == 201)
        #expect(try agent.ask("PUT", path, body: bytes).status == 204)
        #expect(try agent.ask("HEAD", path).status == 200)
        #expect(try agent.ask("GET", path).body == bytes)
    }

    @Test("An empty blob is a blob")
    func empty() throws {
        let agent = try AgentProcess()
        let digest = try agent.put([])
        #expect(try agent.ask("GET", "/v1/blobs/\(digest.hex)").body == [])
    }

    @Test("An upload in two pieces is put together and verified")
    func resume() throws {
        let agent = try AgentProcess()
        let bytes = [UInt8](repeating: 7, count: 5000) + [UInt8](repeating: 9, count: 5000)
        let digest = SHA256Digest(of: bytes)
        let path = "/v1/blobs/\(digest.hex)"
        // The first piece is another blob's content as far as the agent can tell: it is kept, but not visible.
        let cut = try ChildProcess(
            ["curl", "-s", "-T", "-", "-H", "Content-Length: 10000", agent.address + path], input: nil)
        _ = cut
        cut.kill(9)
        _ = cut.wait()
        let folder = "\(agent.folder.path)/agent/partial"
        try agent.folder.write("agent/partial/\(digest.hex)", Array(bytes.prefix(6000)))
        #expect(fileSize("\(folder)/\(digest.hex)") == 6000)
        let query = try agent.ask("POST", "/v1/blobs/query", body: WireJSON.encode(BlobQuery(sha256: [digest])))
        #expect(try query.decoded(BlobQueryAnswer.self).missing == [.init(sha256: digest, heldBytes: 6000)])
        #expect(try agent.ask("HEAD", path).headers.contains("Upload-Offset: 6000"))
        let wrong = try agent.ask("PUT", path, body: Array(bytes[5000...]), headers: ["Upload-Offset: 5000"])
        #expect(wrong.status == 409)
        let problem = try wrong.decoded(Problem.self)
        #expect(problem.code == .offsetMismatch && problem.heldBytes == 6000)
        #expect(try agent.ask("PUT", path, body: Array(bytes[6000...]), headers: ["Upload-Offset: 6000"]).status == 201)
        #expect(try agent.ask("GET", path).body == bytes)
        #expect(fileSize("\(folder)/\(digest.hex)") == nil)
    }

    @Test("Bytes with another digest never become visible, and are forgotten")
    func mismatch() throws {
        let agent = try AgentProcess()
        let path = "/v1/blobs/\(SHA256Digest(of: "right".utf8).hex)"
        let reply = try agent.ask("PUT", path, body: Array("wrong".utf8))
        #expect(reply.status == 422)
        #expect(try reply.decoded(Problem.self).code == .hashMismatch)
        #expect(try agent.ask("HEAD", path).status == 404)
        #expect(try agent.ask("PUT", path, body: Array("right".utf8)).status == 201)
    }

    @Test("A disk without room is an error, and leaves nothing visible behind")
    func diskFull() throws {
        // More than any disk: the space to keep free is never there.
        let agent = try AgentProcess(["--keep-free", "8000000GiB"])
        let path = "/v1/blobs/\(SHA256Digest(of: "x".utf8).hex)"
        let reply = try agent.ask("PUT", path, body: Array("x".utf8))
        #expect(reply.status == 507)
        #expect(try reply.decoded(Problem.self).code == .diskFull)
        #expect(try agent.ask("HEAD", path).status == 404)
    }

    @Test(
        "A disk that fills up during an upload is an error, on a real file system of 1 MiB",
        .enabled(if: Fixtures.canMount, "mounting a file system needs root"))
    func realDiskFull() throws {
        let folder = try TemporaryFolder()
        try folder.write("agent/.keep", "")
        let mounted = try ChildProcess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", "\(folder.path)/agent"])
        try #require(mounted.status == 0, "\(mounted.error)")
        defer { _ = try? ChildProcess.run(["umount", "-l", "\(folder.path)/agent"]) }
        let agent = try AgentProcess(["--keep-free", "1"], folder: folder)
        let bytes = [UInt8](repeating: 1, count: 3 << 20)
        let path = "/v1/blobs/\(SHA256Digest(of: bytes).hex)"
        // Without a length the agent cannot refuse before the disk does.
        let reply = try agent.ask("PUT", path, body: bytes, headers: ["Transfer-Encoding: chunked"])
        #expect(reply.status == 507)
        #expect(try agent.ask("HEAD", path).status == 404)
        #expect(try agent.ask("GET", "/healthz").status == 200)
    }

    @Test("A name that is not a digest is refused", arguments: ["abc", "../../etc/passwd", "%2e%2e"])
    func invalid(name: String) throws {
        let agent = try AgentProcess()
        #expect([400, 404].contains(try agent.ask("GET", "/v1/blobs/\(name)").status))
    }
}
