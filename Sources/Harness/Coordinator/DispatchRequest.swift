import AgentAPI
import JSON
import Store

/// What a user asks of a dispatch.
public struct DispatchRequest: Sendable {
    /// The fleet that the targets belong to.
    public var fleet: Fleet
    /// The boards to measure on.
    public var targets: [Fleet.Target]
    /// The modules to measure, each on the target it is compiled for.
    public var bundles: [BundleFolder]
    /// What runs are scored with; nil for runs without scores.
    public var dataset: DatasetFolder?
    /// How each run is measured.
    public var settings: RunSettings
    /// A name to find the runs by.
    public var label: String?
    /// The command line, for the record.
    public var command: [String] = []
    /// What each board must come to before a run; nil to begin at once.
    public var idleCondition: IdleCondition?
    /// How often each bundle is measured, and in which order.
    public var repeats = Repeats()
    /// Runners for local agents besides those they find themselves, as `NAME=PATH`.
    public var runners: [String] = []

    /// A request for one round that begins at once.
    public init(
        fleet: Fleet, targets: [Fleet.Target], bundles: [BundleFolder], dataset: DatasetFolder? = nil,
        settings: RunSettings
    ) {
        (self.fleet, self.targets, self.bundles) = (fleet, targets, bundles)
        (self.dataset, self.settings) = (dataset, settings)
    }

    /// The request that a stored plan was made from, with everything it names read again; nil if the plan has none.
    ///
    /// Throws `InputError` for what is missing or is no longer what was planned.
    public init?(resuming plan: DispatchPlan) throws {
        guard let json = plan.requestJSON else { return nil }
        let record = try WireJSON.decode(DispatchRecord.self, from: json.utf8)
        let fleet = try Fleet(path: record.targets)
        var names: [String] = []
        for run in plan.runs where !names.contains(run.targetName) { names.append(run.targetName) }
        self.init(
            fleet: fleet, targets: try fleet.targets(named: names),
            bundles: try record.bundles.map { (folder) throws(InputError) in try BundleFolder(folder: folder) },
            dataset: try record.dataset.map { (folder) throws(InputError) in try DatasetFolder(folder: folder) },
            settings: record.settings)
        (label, idleCondition, repeats, runners) = (plan.label, record.settling, record.repeats, record.runners)
        try check(against: plan)
    }

    /// Throws `InputError` if a bundle or the data set is no longer what was planned.
    public func check(against plan: DispatchPlan) throws(InputError) {
        let found = Set(bundles.map(\.manifestSha256.hex))
        for bundle in plan.bundles where !found.contains(bundle.manifestSHA256) {
            throw InputError("bundle \(bundle.name) has changed since the dispatch began: start a new one.")
        }
        guard dataset?.sha256.hex == plan.datasetManifestSHA256 else {
            throw InputError("the data set has changed since the dispatch began: start a new one.")
        }
    }
}

/// What of a request is stored beside its planned runs, for `--resume`.
struct DispatchRecord: Codable {
    /// Path of targets.json.
    var targets: String
    /// Folders.
    var bundles: [String]
    var dataset: String?
    var settings: RunSettings
    /// Named as in the plans that are stored.
    var settling: IdleCondition?
    var repeats: Repeats
    var runners: [String]

    init(_ request: DispatchRequest) {
        targets = request.fleet.path
        bundles = request.bundles.map(\.folder)
        dataset = request.dataset?.folder
        (settings, settling) = (request.settings, request.idleCondition)
        (repeats, runners) = (request.repeats, request.runners)
    }
}

/// How often each run is made, and in which order.
public struct Repeats: Codable, Hashable, Sendable {
    /// How often each bundle is measured on its target.
    public var rounds: Int
    /// Seed of the order within each round.
    public var seed: UInt64
    /// Over how many sessions of an agent the rounds are spread; an agent that is not ours to restart has but one.
    public var restarts: Int

    /// One round in one session, unless given.
    public init(rounds: Int = 1, seed: UInt64 = 0, restarts: Int = 1) {
        (self.rounds, self.seed, self.restarts) = (rounds, seed, restarts)
    }

    /// Rounds in equal parts, the first ones the larger.
    func restart(ofRound round: Int) -> Int { round * restarts / rounds }
}
