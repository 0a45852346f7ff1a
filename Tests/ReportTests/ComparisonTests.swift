import FoundationEssentials
import Statistics
import Store
import TestSupport
import Testing

@testable import Report

@Suite struct RunComparisonTests {
    typealias Run = ComparisonDatabase.Run

    /// Runs of one module, a few parts in a thousand apart.
    private func repeated(_ run: Run, _ shifts: [Double] = [0.998, 1, 1.001, 1.002]) -> [Run] {
        shifts.map { shift in
            var run = run
            run.shift = shift
            return run
        }
    }

    private func compare(
        _ database: ComparisonDatabase, _ base: String, _ candidate: String, _ rules: ComparisonRules = .init()
    ) async throws -> RunComparison {
        try await RunComparison.build(
            database.store, base: (base, try #require(RunSelector(base))),
            candidate: (candidate, try #require(RunSelector(candidate))), rules: rules)
    }

    private func result(_ comparison: RunComparison, _ metric: ComparedMetric, pair: Int = 0) throws
        -> RunComparison.Result
    {
        try #require(comparison.pairs[pair].metrics.first { $0.metric == metric })
    }

    @Test("A module that takes a tenth longer is slower and a regression; one that does not is the same")
    func verdicts() async throws {
        let database = try ComparisonDatabase()
        try await database.add("aaaa-1", label: "main", repeated(Run()))
        try await database.add("aaaa-2", label: "slow", repeated(Run(module: "m2", medianNs: 1_100_000)))
        try await database.add("aaaa-3", label: "equal", repeated(Run(module: "m3")))
        let slow = try await compare(database, "label:main", "label:slow")
        let latency = try result(slow, .latency)
        #expect(latency.outcome == .worse && latency.isRegression && slow.hasRegression)
        #expect(abs((latency.ratio ?? 0) - 1.1) < 0.005)
        let interval = try #require(latency.interval)
        #expect(interval.lower < 1.1 && 1.1 < interval.upper && interval.lower > 1.05)
        #expect(try result(slow, .endToEnd).outcome == .worse)
        #expect(try result(slow, .memory).outcome == .same && result(slow, .dice).outcome == .same)
        #expect(!slow.pairs[0].sameModule)

        let fast = try await compare(database, "label:slow", "label:main")
        #expect(try result(fast, .latency).outcome == .better && !fast.hasRegression)

        let equal = try await compare(database, "label:main", "label:equal")
        #expect(!equal.hasRegression)
        for metric in ComparedMetric.allCases { #expect(try result(equal, metric).outcome == .same, "\(metric)") }
    }

    @Test("A regression is what is surely worse by at least the threshold")
    func thresholds() async throws {
        let database = try ComparisonDatabase()
        try await database.add("aaaa-1", label: "main", repeated(Run()))
        try await database.add("aaaa-2", label: "slow", repeated(Run(module: "m2", medianNs: 1_100_000)))
        let lenient = try await compare(
            database, "label:main", "label:slow", .init(thresholds: [.latency: 0.2, .endToEnd: 0.2]))
        #expect(try result(lenient, .latency).outcome == .worse && !lenient.hasRegression)
        let indifferent = try await compare(
            database, "label:main", "label:slow", .init(margins: [.latency: 0.15], thresholds: [.latency: 0.2]))
        #expect(try result(indifferent, .latency).outcome == .same)
    }

    @Test("Of one run per side, memory and load time cannot be told, and a second run is what is needed")
    func single() async throws {
        let database = try ComparisonDatabase()
        try await database.add("aaaa-1", [Run(), Run(medianNs: 1_100_000, peakBytes: 80 << 20)])
        let comparison = try await compare(database, "1", "2")
        for metric in [ComparedMetric.memory, .loadTime] {
            let one = try result(comparison, metric)
            #expect(one.outcome == .cannotTell && one.needed == .init(factor: nil, what: .runs) && one.interval == nil)
        }
        #expect(try result(comparison, .latency).reason?.contains("one run per side") == true)
        #expect(comparison.pairs[0].sameModule)
        #expect(TerminalRenderer.render(ComparisonText.blocks(comparison)).contains("a second run on each side"))
    }

    @Test("Runs that scatter more than they differ cannot be told apart, and the result says how many more would do")
    func scattered() async throws {
        let database = try ComparisonDatabase()
        try await database.add("aaaa-1", label: "main", repeated(Run(), [0.8, 1, 1.3]))
        try await database.add("aaaa-2", label: "change", repeated(Run(medianNs: 1_060_000), [0.8, 1, 1.3]))
        let latency = try result(try await compare(database, "label:main", "label:change"), .latency)
        #expect(latency.outcome == .cannotTell && latency.needed?.what == .runs)
        #expect((latency.needed?.factor ?? 0) > 4)
    }

    @Test("Dice is compared patient by patient: a loss that all share is seen, one that scatters is not")
    func dice() async throws {
        let database = try ComparisonDatabase()
        try await database.add(
            "aaaa-1",
            [
                Run(), Run(module: "m2", intersection: [76, 86, 66]), Run(module: "m3", intersection: [95, 60, 70]),
            ])
        let worse = try result(try await compare(database, "1", "2"), .dice)
        #expect(worse.outcome == .worse && worse.isRegression && abs((worse.ratio ?? 0) - 76.0 / 80) < 1e-9)
        let unsure = try result(try await compare(database, "1", "3"), .dice)
        #expect(unsure.outcome == .cannotTell && unsure.needed?.what == .patients)
    }

    @Test("Times of emulated runs are not compared; Dice, memory and size are")
    func emulated() async throws {
        let database = try ComparisonDatabase()
        try await database.add("aaaa-1", label: "a", repeated(Run(emulated: true)))
        try await database.add(
            "aaaa-2", label: "b", repeated(Run(module: "m2", moduleSize: 8192, medianNs: 9_000_000, emulated: true)))
        let comparison = try await compare(database, "label:a", "label:b")
        for metric in [ComparedMetric.latency, .endToEnd, .loadTime] {
            #expect(try result(comparison, metric).outcome == .notCompared)
        }
        #expect(try result(comparison, .moduleSize).outcome == .worse && result(comparison, .dice).outcome == .same)
        #expect(TerminalRenderer.render(ComparisonText.blocks(comparison)).contains("x86 (emulated)"))
    }

    @Test("Runs are paired by circumstances and variant; what has no partner is listed")
    func pairing() async throws {
        let database = try ComparisonDatabase()
        try await database.add(
            "aaaa-1", label: "a",
            [Run(variant: "winograd"), Run(variant: "direct"), Run(variant: "direct", target: "rpi3")])
        try await database.add(
            "aaaa-2", label: "b",
            [
                Run(variant: "direct", medianNs: 1_200_000), Run(variant: "winograd", threads: 4),
                Run(variant: "direct", target: "rpi3", scenario: .offline),
            ])
        let comparison = try await compare(database, "label:a", "label:b")
        #expect(comparison.pairs.count == 1)
        #expect(comparison.pairs.first?.base.runs == [2] && comparison.pairs.first?.candidate.runs == [4])
        #expect(Set(comparison.unpaired.flatMap(\.runs)) == [1, 3, 5, 6])
        #expect(comparison.unpaired.filter { $0.side == .base }.flatMap(\.runs).sorted() == [1, 3])
        // Each side has one variant: compared, though named differently.
        let only = try await compare(database, "1", "4")
        #expect(only.pairs.first?.base.variant == "winograd" && only.pairs.first?.candidate.variant == "direct")
        #expect(MarkdownRenderer.render(ComparisonText.blocks(only)).contains("winograd → direct"))
        let nothing = try await compare(database, "1", "5")
        #expect(
            nothing.pairs.isEmpty
                && TerminalRenderer.render(ComparisonText.blocks(nothing)).contains("Nothing can be compared"))
    }

    @Test("A candidate that fails where the baseline did not is a regression, and one that fails now and then is noted")
    func failures() async throws {
        let database = try ComparisonDatabase()
        try await database.add("aaaa-1", label: "a", [Run(), Run()])
        try await database.add("aaaa-2", label: "b", [Run(outcome: .timedOut)])
        try await database.add("aaaa-3", label: "c", [Run(), Run(outcome: .timedOut)])
        let broken = try await compare(database, "label:a", "label:b")
        #expect(broken.hasRegression && broken.pairs.first?.candidateFails == true)
        #expect(TerminalRenderer.render(ComparisonText.blocks(broken)).contains("no run of the candidate succeeded"))
        let partly = try await compare(database, "label:a", "label:c")
        #expect(
            !partly.hasRegression && partly.pairs.first?.candidate.runs == [4],
            "\(TerminalRenderer.render(ComparisonText.blocks(partly)))")
        #expect(partly.unpaired.isEmpty && partly.pairs.first?.notes.contains { $0.hasPrefix("1 of 2 runs") } == true)
        #expect(!(try await compare(database, "label:b", "label:a")).hasRegression)
    }

    @Test(
        "Every kind of selector selects its runs",
        arguments: [
            ("1", [1]), ("3,1", [1, 3]), ("aaaa-1", [1, 2]), ("dispatch:aaaa", [1, 2, 3]), ("label:late", [3]),
            ("commit:bbbb", [3]), ("since:2026-11-01..2026-11-20", [1, 2]), ("since:2026-11-20", [1, 2, 3]),
            ("since:2026-11-20..2026-11-20", [1, 2]), ("since:2026-11-20T12:00:00.001Z", [3]),
            ("since:2026-11-01..2026-11-21T12:00:00.000Z", [1, 2, 3]),
        ])
    func selectors(text: String, expected: [Int64]) async throws {
        let database = try ComparisonDatabase()
        try await database.add("aaaa-1", day: "2026-11-20", [Run(), Run(outcome: .failed), Run(outcome: .lost)])
        try await database.add("aaaa-2", label: "late", commit: "bbbb22", day: "2026-11-21", [Run()])
        // The lost run has a number, but says nothing.
        let shifted = expected.map { $0 == 3 ? 4 : $0 }
        let selector = text == "3,1" ? "4,1" : text
        #expect(try await database.store.ids(of: try #require(RunSelector(selector))) == shifted)
    }

    @Test(
        "A side that selects nothing is named in the error",
        arguments: ["label:x", "9", "commit:ff", "since:2027-01-01"])
    func nothing(text: String) async throws {
        let database = try ComparisonDatabase()
        try await database.add("aaaa-1", [Run(), Run()])
        let error = await caught(StoreError.self) { try await compare(database, "1", text) }
        #expect(error?.code == .notFound && error?.message.hasPrefix("\(text): ") == true)
        let shared = await caught(StoreError.self) { try await compare(database, "1,2", "2") }
        #expect(shared?.message.contains("run 2 is on both sides") == true)
    }

    @Test(
        "Text that is not a selector is refused",
        arguments: [
            "", "x", "0", "1,,2", "label:", "lable:a", "since:yesterday", "since:2026-11-20..2026-11-01", "abc",
        ])
    func refused(text: String) { #expect(RunSelector(text) == nil) }

    @Test("The program's status: 2 for a regression if asked to, 0 without, 64 for what makes no sense")
    func program() async throws {
        let database = try ComparisonDatabase()
        try await database.add("aaaa-1", label: "main", repeated(Run()))
        try await database.add("aaaa-2", label: "slow", repeated(Run(module: "m2", medianNs: 1_100_000)))
        func status(_ arguments: String..., more: [String] = []) throws -> (Int32?, String) {
            let ending = try ChildProcess.run(
                [Fixtures.program("harness"), "compare"] + arguments + more + ["--db", database.path])
            return (ending.status, ending.output + ending.error)
        }
        let found = try status("label:main", "label:slow", "--fail-on", "regression")
        #expect(found.0 == 2 && found.1.contains("slower, a regression"))
        #expect(try status("label:main", "label:slow").0 == 0)
        #expect(
            try status(
                "label:main", "label:slow", "--threshold", "latency=20%,end-to-end=20%", "load-time=20%", "memory=20%",
                "--fail-on", "regression"
            ).0 == 0)
        #expect(try status("label:slow", "label:main", "--fail-on=regression").0 == 0)
        for wrong in [
            ["lable:a", "1"], ["1", "5", "--threshold", "speed=3%"], ["1", "5", "--threshold", "latency=1%"],
        ] {
            #expect(try status(wrong[0], wrong[1], more: Array(wrong.dropFirst(2))).0 == 64, "\(wrong)")
        }
        #expect(try status("label:main", "label:nobody").0 == 1)
    }
}
