import AgentAPI
import FoundationEssentials
import TestSupport
import Testing

@testable import Coordinator

/// The order in which repeated runs are planned.
@Suite struct RepeatTests {
    private func plan(_ repeats: Repeats) throws -> [(round: Int, restart: Int, bundle: String)] {
        let fixtures = try Fixtures.folder()
        let folder = try TemporaryFolder()
        try folder.write(
            "targets.json",
            "{\"schema\": \"harness.targets/1\", \"targets\": [{\"name\": \"x86\", \"agent\": \"local\", \"device\": \"cpu:0\", \"tvm\": {\"kind\": \"llvm\"}}]}"
        )
        let fleet = try Fleet(path: "\(folder.path)/targets.json")
        let bundles = try ["bundle", "bundle-other", "bundle-null"].map {
            try BundleFolder(folder: "\(fixtures)/\($0)")
        }
        var request = DispatchRequest(
            fleet: fleet, targets: try fleet.targets(named: []), bundles: bundles, dataset: nil,
            settings: RunSettings())
        request.repeats = repeats
        let names = Dictionary(uniqueKeysWithValues: bundles.map { ($0.manifestSha256.hex, $0.manifest.name) })
        let runs = try Planner.plan(request).plan.runs
        #expect(runs.map(\.ordinal) == Array(runs.indices))
        return runs.map { ($0.round, $0.restart, names[$0.bundleManifestSHA256] ?? "?") }
    }

    private func orders(_ runs: [(round: Int, restart: Int, bundle: String)]) -> [[String]] {
        stride(from: 0, to: runs.count, by: 3).map { start in runs[start..<start + 3].map(\.bundle) }
    }

    @Test("One round is measured in the order given")
    func single() throws {
        #expect(try plan(Repeats()).map(\.bundle) == ["bundle", "bundle-other", "bundle-null"])
    }

    @Test("Every round has every bundle once, in an order determined by the seed")
    func rounds() throws {
        let runs = try plan(Repeats(rounds: 20, seed: 1, restarts: 3))
        #expect(runs.map(\.round) == (0..<60).map { $0 / 3 })
        let orders = orders(runs)
        #expect(orders.allSatisfy { $0.sorted() == ["bundle", "bundle-null", "bundle-other"] })
        // Of the six possible orders, this seed's twenty rounds have at least four.
        #expect(Set(orders).count >= 4)
        #expect(try self.orders(plan(Repeats(rounds: 20, seed: 1))) == orders)
        #expect(try self.orders(plan(Repeats(rounds: 20, seed: 2))) != orders)
        let restarts = runs.map(\.restart)
        #expect(restarts == restarts.sorted() && Set(restarts) == [0, 1, 2])
    }
}
