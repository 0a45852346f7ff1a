import AgentClient
import AgentAPI
import FoundationEssentials
import Statistics
import Store
import Text

/// Has modules' functions timed one by one, each target by itself, and stores the profiles.
///
/// Of a request it reads targets, bundles and settings; bundles of the variant `roofline` show what their target can do.
public struct ProfileSession: Sendable {
    /// What became of one bundle.
    public struct Outcome: Sendable {
        /// The target's name.
        public var target: String
        /// The bundle as it was given.
        public var bundle: BundleFolder
        /// The stored profile, or why there is none.
        public var profile: Result<Profile, Failure>
    }

    /// Variant of the bundles that measure a board's peaks.
    public static let roofline = "roofline"

    /// A peak is the best of many calls, however few of the others are asked for.
    private static let rooflineCalls = 30

    private let request: DispatchRequest
    private let store: ResultsStore
    private let localAgents: LocalAgents
    private let report: @Sendable (_ target: String, _ message: String) -> Void

    /// A session that stores in `store` and calls `report` with each message, from any thread.
    public init(
        _ request: DispatchRequest, store: ResultsStore, localAgents: LocalAgents,
        report: @escaping @Sendable (_ target: String, _ message: String) -> Void
    ) { (self.request, self.store, self.localAgents, self.report) = (request, store, localAgents, report) }

    /// Profiles every bundle on its target; a failure is reported and does not stop the others.
    public func run() async throws -> [Outcome] {
        let outcomes = try await withThrowingTaskGroup(of: [Outcome].self) { group in
            for target in request.targets {
                let bundles = request.bundles.filter { $0.manifest.target.name == target.name }
                if bundles.isEmpty { continue }
                group.addTask { try await profile(bundles, on: target) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        return outcomes.sorted { $0.target < $1.target }
    }

    private func profile(_ bundles: [BundleFolder], on target: Fleet.Target) async throws -> [Outcome] {
        let rooflines = bundles.filter { $0.manifest.variant == Self.roofline }
        let others = bundles.filter { $0.manifest.variant != Self.roofline }
        do {
            let board = try await BoardConnection.open(target, in: request.fleet, localAgents: localAgents)
            defer { board.close() }
            let job = BoardJob(client: board.client, device: target.device)
            let info = try await board.client.info()
            var peaks: Roofline?
            if let bundle = rooflines.first {
                switch try await measure(bundle, target, job, info, peaks: nil, leastCalls: Self.rooflineCalls) {
                case .success(let profile): peaks = profile.measuredPeaks
                case .failure(let failure): report(target.name, "its peaks could not be measured: \(failure)")
                }
                try Task.checkCancellation()
                if let peaks { report(target.name, Self.text(peaks)) }
            }
            var outcomes: [Outcome] = []
            for bundle in others {
                try Task.checkCancellation()
                let result = try await measure(bundle, target, job, info, peaks: peaks)
                if case .success(let profile) = result {
                    try await store.record(profile, of: Planner.record(bundle))
                }
                outcomes.append(Outcome(target: target.name, bundle: bundle, profile: result))
            }
            return outcomes
        } catch let failure as Failure {
            return others.map { Outcome(target: target.name, bundle: $0, profile: .failure(failure)) }
        }
    }

    private func measure(
        _ bundle: BundleFolder, _ target: Fleet.Target, _ job: BoardJob, _ info: AgentInfo, peaks: Roofline?,
        leastCalls: Int = 1
    ) async throws -> Result<Profile, Failure> {
        report(target.name, "profiling \(bundle.manifest.name)")
        var settings = request.settings
        settings.threads = settings.threads ?? target.threads
        settings.profileCalls = max(leastCalls, settings.profileCalls ?? 1)
        var (found, threads, failure): (OperatorProfile?, Int?, Failure?)
        do {
            let id = "profile-\(UUID().uuidString.lowercased())"
            try await job.run(bundle, id: id, settings: settings, info) { event in
                switch event.content {
                case .runner(.profile(let profile)): found = profile
                case .runner(.settings(let settings)): threads = settings.threads
                case .ended(_, let reason, _): failure = reason
                default: break
                }
            }
        } catch let reason as Failure {
            return .failure(reason)
        }
        if let failure { return .failure(failure) }
        guard let found, let threads else {
            return .failure(Failure(.runnerProtocol, "the job succeeded and has no profile: is its runner older?"))
        }
        return .success(
            Profile(
                found, of: bundle.manifest, digest: bundle.manifestSha256.hex, target: target.name,
                board: BoardRecord(info), device: target.device, threads: threads, peaks: peaks))
    }

    private static func text(_ peaks: Roofline) -> String {
        func giga(_ value: Double) -> String { Format.fixed(value / 1e9, 1) }
        let int8 = peaks.int8PerSecond.map { ", \(giga($0)) G int8 operations/s" } ?? ""
        return "at most \(giga(peaks.flopPerSecond)) GFLOP/s\(int8), \(giga(peaks.bytesPerSecond)) GB/s"
    }
}

extension Profile {
    /// What the runner reported, with what the bundle says of each function.
    init(
        _ profile: OperatorProfile, of manifest: BundleManifest, digest: String, target: String, board: BoardRecord,
        device: String, threads: Int, peaks: Roofline?
    ) {
        let known = Dictionary(
            (manifest.operators ?? []).map { ($0.function, $0) }, uniquingKeysWith: { first, _ in first })
        self.init(
            createdAt: Timestamp.now(), targetName: target, bundleManifestSHA256: digest, device: device,
            threads: threads, calls: profile.profiledNs.count,
            profiledMedianNs: Percentiles.median(sorted: profile.profiledNs.sorted()) ?? 0,
            plainMedianNs: Percentiles.median(sorted: profile.plainNs.sorted()) ?? 0)
        (self.board, self.peaks) = (board, peaks)
        operators = profile.functions.map { times in
            let cost = known[times.function]
            func total(_ value: Int?) -> Int? { value.map { $0 * times.calls } }
            var row = Operator(times)
            (row.kind, row.layer, row.flop) = (cost?.kind, cost?.layer, total(cost?.flop))
            (row.arithmetic, row.bytes) = (total(cost?.arithmetic), total(cost?.bytes))
            return row
        }
    }

    /// The peaks that this profile of a bundle of the variant `roofline` shows: the best of all calls.
    var measuredPeaks: Roofline? {
        func rate(_ kind: String, _ amount: (Operator) -> Int?) -> Double? {
            operators.first { $0.kind == kind && $0.leastNs > 0 }.flatMap { row in
                amount(row).map { Double($0) * 1e9 / Double(row.leastNs) }
            }
        }
        guard let flop = rate("peak-compute", \.arithmetic), let bytes = rate("peak-memory", \.bytes) else {
            return nil
        }
        return Roofline(
            flopPerSecond: flop, int8PerSecond: rate("peak-compute-int8", \.arithmetic), bytesPerSecond: bytes)
    }
}
