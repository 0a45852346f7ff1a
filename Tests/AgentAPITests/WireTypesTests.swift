import JSON
import AgentAPI
import Text
import Testing

@Suite struct EventTests {
    private static let digest = SHA256Digest(of: [])
    private static let score = SliceScore(
        patient: "TCGA_1", index: 3, intersection: 1, predicted: 2, truth: 3, largestIntersection: 1,
        largestPredicted: 1, maskSha256: digest, pngSha256: nil)
    private static let events: [RunnerEvent] = [
        .settings(
            .init(
                threads: 2, tvmVersion: "0.27.0", ffiVersion: nil, runner: "tvm", runnerVersion: "0.1.0",
                clock: "CLOCK_MONOTONIC")),
        .phaseStarted(.firstCall),
        .phaseFinished(.timed, durationNs: 5, memory: .init(residentBytes: 1, peakResidentBytes: 2)),
        .progress(.accuracy, done: 1, total: 2),
        .samples(.init(phase: .timed, first: 0, computeNs: [1, 2], endToEndNs: [3, 4])),
        .warmedUp(calls: 10, reason: "stable"), .slice(score), .masks(digest: digest, slices: 4), .log("text\n"),
        .failed(Failure(.moduleLoad, "no")), .done,
    ]

    @Test("Every event of a runner is read back as it was written, on one line", arguments: events)
    func runner(event: RunnerEvent) throws {
        let bytes = try WireJSON.encode(event)
        #expect(!bytes.contains(UInt8(ascii: "\n")))
        #expect(try WireJSON.decode(RunnerEvent.self, from: bytes) == event)
    }

    @Test(
        "Every event of a job is read back as it was written",
        arguments: [
            .queued, .started(processID: 7), .runner(.done),
            .ended(.succeeded, failure: nil, maxResidentBytes: 5),
            .ended(.timedOut, failure: Failure(.timeLimit, "too long"), maxResidentBytes: nil),
        ] as [JobEvent.Content])
    func job(content: JobEvent.Content) throws {
        let event = JobEvent(number: 4, at: Timestamp.now(), content: content)
        #expect(try WireJSON.decode(JobEvent.self, from: WireJSON.encode(event)) == event)
    }

    @Test("A job's state is final in exactly five cases")
    func states() {
        #expect(JobState.allCases.filter(\.isFinal).count == 5)
    }
}

@Suite struct DigestTests {
    @Test("The digest of “abc” is the one in FIPS 180-4")
    func known() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(SHA256Digest(of: "abc".utf8).hex == expected)
        var hasher = SHA256Hasher()
        for byte in "abc".utf8 { hasher.update([byte]) }
        hasher.update([])
        #expect(hasher.finish().hex == expected)
    }

    @Test(
        "A digest is exactly 64 lowercase hexadecimal digits", arguments: ["", "BA", String(repeating: "g", count: 64)])
    func refused(text: String) {
        #expect(SHA256Digest(hex: text) == nil)
        #expect(throws: JSONError.self) {
            try WireJSON.decode([SHA256Digest].self, from: #"["\#(text)"]"#.utf8)
        }
    }
}

@Suite struct SpellingTests {
    @Test(
        "The nearest word is found within a third of its length",
        arguments: [("agnet", "agent"), ("Threads", "threads"), ("xyz", nil), ("devcie", "device")])
    func nearest(word: String, expected: String?) {
        #expect(Spelling.nearest(to: word, among: ["agent", "threads", "device", "description"]) == expected)
    }

    @Test("A transposition is one edit")
    func swap() {
        #expect(Spelling.distance("ab", "ba") == 1)
        #expect(Spelling.distance("", "abc") == 3)
        #expect(Spelling.distance("kitten", "sitting") == 3)
    }
}
