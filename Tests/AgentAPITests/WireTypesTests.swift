import JSON
import AgentAPI
import Text
import Testing

@Suite struct EventTests {
    private static let digest = SHA256Digest(of: [])
    private static let score = SliceScore(
        patient: "TCGA_1", index: 3, intersection: 1, predicted: 2, truth: 3, maskSha256: digest)
    private static let settings: EffectiveSettings = {
        var settings = EffectiveSettings(threads: 2, runner: "tvm", runnerVersion: "0.1.0", clock: "CLOCK_MONOTONIC")
        settings.tvmVersion = "0.27.0"
        return settings
    }()
    private static let samples = (0..<2).map {
        Sample(phase: .timed, index: 4 + $0, computeNs: Int64(1 + $0), endToEndNs: Int64(3 + $0))
    }
    private static let events: [RunnerEvent] = [
        .settings(settings),
        .phaseStarted(.firstCall),
        .phaseFinished(.timed, durationNs: 5, memory: .init(residentBytes: 1, peakResidentBytes: 2)),
        .progress(.accuracy, done: 1, total: 2),
        .samples(.init(phase: .timed, first: 4, samples: samples)),
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

    @Test("Samples and queries are columns on the wire, as agents and runners of version 0.1.0 read and write them")
    func columns() throws {
        func line(_ value: some Encodable) throws -> String {
            String(decoding: try WireJSON.encode(value), as: UTF8.self)
        }
        var samples = Self.samples
        let onCPU = SampleChunk(phase: .timed, first: 4, samples: samples)
        #expect(try line(onCPU) == #"{"compute_ns":[1,2],"end_to_end_ns":[3,4],"first":4,"phase":"timed"}"#)
        for place in samples.indices {
            (samples[place].hostToDeviceNs, samples[place].deviceToHostNs) = (Int64(5 + place), Int64(7 + place))
        }
        let onGPU = SampleChunk(phase: .timed, first: 4, samples: samples)
        let columns =
            #"{"compute_ns":[1,2],"device_to_host_ns":[7,8],"end_to_end_ns":[3,4],"first":4,"host_to_device_ns":[5,6],"phase":"timed"}"#
        #expect(try line(onGPU) == columns)
        // Of the warm-up only the compute time is measured.
        let warmUp = SampleChunk(phase: .warmUp, first: 0, samples: [Sample(phase: .warmUp, index: 0, computeNs: 9)])
        #expect(try line(warmUp) == #"{"compute_ns":[9],"end_to_end_ns":[],"first":0,"phase":"warm-up"}"#)
        // The last queries of a server may never be answered.
        let queries = QueryChunk(
            first: 7,
            queries: [
                Query(index: 7, issuedNs: 1, latencyNs: 2), Query(index: 8, issuedNs: 3, latencyNs: nil),
            ])
        #expect(try line(queries) == #"{"first":7,"issued_ns":[1,3],"latency_ns":[2]}"#)
        let unanswered = QueryChunk(first: 0, queries: [Query(index: 0, issuedNs: 1, latencyNs: nil)])
        #expect(try line(unanswered) == #"{"first":0,"issued_ns":[1],"latency_ns":[]}"#)
        for chunk in [onCPU, onGPU, warmUp, SampleChunk(phase: .timed, first: 0, samples: [])] {
            #expect(try WireJSON.decode(SampleChunk.self, from: WireJSON.encode(chunk)) == chunk)
        }
        for chunk in [queries, unanswered] {
            #expect(try WireJSON.decode(QueryChunk.self, from: WireJSON.encode(chunk)) == chunk)
        }
    }

    @Test(
        "What cannot be a column is refused: a number that an earlier sample lacks, and a chunk without its first column"
    )
    func columnsRefused() {
        var samples = Self.samples
        samples[0].endToEndNs = nil
        #expect(throws: (any Error).self) {
            try WireJSON.encode(SampleChunk(phase: .timed, first: 4, samples: samples))
        }
        #expect(throws: (any Error).self) {
            try WireJSON.decode(SampleChunk.self, from: #"{"first":0,"phase":"timed","end_to_end_ns":[1]}"#.utf8)
        }
    }

    @Test("A reading of the load of others has the name on the wire that it had in version 0.1.0")
    func readings() throws {
        var readings = HealthReadings(windowNs: 1)
        readings.externalLoadCores = 0.5
        let line = String(decoding: try WireJSON.encode(readings), as: UTF8.self)
        #expect(line == #"{"foreign_cores":0.5,"readings":0,"unavailable":{},"window_ns":1}"#)
        #expect(try WireJSON.decode(HealthReadings.self, from: line.utf8) == readings)
    }

    @Test("A job's state on the wire is one word, and final in five cases", arguments: Outcome.allCases)
    func states(outcome: Outcome) throws {
        #expect(try WireJSON.encode([JobState.ended(outcome)]) == Array("[\"\(outcome.rawValue)\"]".utf8))
        #expect(try WireJSON.decode([JobState].self, from: "[\"\(outcome.rawValue)\"]".utf8) == [.ended(outcome)])
    }

    @Test("A job's state is final in exactly five cases")
    func states() {
        #expect(Outcome.allCases.count == 5 && JobState.running.outcome == nil && JobState(rawValue: "gone") == nil)
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
