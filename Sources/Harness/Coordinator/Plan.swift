import JSON
import AgentAPI
import FoundationEssentials
import Statistics
import Store

/// What a user asks of a dispatch.
public struct DispatchRequest: Sendable {
    public var fleet: Fleet
    public var targets: [Fleet.Target]
    public var bundles: [BundleFolder]
    public var dataset: DatasetFolder?
    public var settings: RunSettings
    public var label: String?
    /// The words of the command line, for the record.
    public var command: [String]
    /// Commit of the harness's checkout, if known.
    public var commit: String?
    /// What each board must come to before a run; nil to begin at once.
    public var settling: SettlingWish?
    public var repeats: Repeats

    public init(
        fleet: Fleet, targets: [Fleet.Target], bundles: [BundleFolder], dataset: DatasetFolder?,
        settings: RunSettings, label: String?, command: [String], commit: String?,
        settling: SettlingWish? = nil, repeats: Repeats = Repeats()
    ) {
        self.repeats = repeats
        self.fleet = fleet
        self.targets = targets
        self.bundles = bundles
        self.dataset = dataset
        self.settings = settings
        self.label = label
        self.command = command
        self.commit = commit
        self.settling = settling
    }
}

/// How often each run is made, and in which order.
public struct Repeats: Hashable, Sendable {
    /// How often each bundle is measured on its target.
    public var rounds: Int
    /// Seed of the order within each round.
    public var seed: UInt64
    /// Over how many lives of an agent the rounds are spread; an agent that is not ours to restart has but one.
    public var restarts: Int

    public init(rounds: Int = 1, seed: UInt64 = 0, restarts: Int = 1) {
        self.rounds = rounds
        self.seed = seed
        self.restarts = restarts
    }

    /// Rounds in equal parts, the first ones the larger.
    func restart(ofRound round: Int) -> Int { round * restarts / rounds }
}

/// Crosses targets with the bundles compiled for them.
public enum Planner {
    /// The plan, and the names of bundles for which no target was chosen; throws `InputError` if nothing fits.
    public static func plan(_ request: DispatchRequest) throws -> (plan: DispatchPlan, unused: [String]) {
        var names: Set<String> = []
        for bundle in request.bundles where !names.insert(bundle.manifest.name).inserted {
            throw InputError("two bundles are called “\(bundle.manifest.name)”: a dispatch compares bundles by name.")
        }
        var request = request
        // What measures a board's peaks is for a profile only.
        request.bundles.removeAll { $0.manifest.variant == ProfileSession.roofline }
        let runs = runs(request)
        guard !request.bundles.isEmpty else {
            throw InputError("only roofline bundles were given: they are for “harness profile”.")
        }
        guard !runs.isEmpty else {
            let compiled = Set(request.bundles.map(\.manifest.target.name)).sorted().joined(separator: ", ")
            let chosen = request.targets.map(\.name).joined(separator: ", ")
            throw InputError(
                "no bundle is compiled for \(chosen): the bundles are for \(compiled). Choose others with --target, or compile for these."
            )
        }
        let used = request.bundles.filter { bundle in
            runs.contains { $0.bundleManifestSHA256 == bundle.manifestSha256.hex }
        }
        let plan = DispatchPlan(
            id: UUID().uuidString.lowercased(), createdAt: Timestamp.now(), harnessVersion: HarnessVersion.current,
            harnessCommit: request.commit, commandJSON: text(request.command), label: request.label,
            datasetManifestSHA256: request.dataset?.sha256.hex, bundles: used.map(record),
            dataset: request.dataset.map(record), runs: runs)
        return (
            plan,
            request.bundles.filter { bundle in !used.contains { $0.folder == bundle.folder } }.map(\.manifest.name)
        )
    }

    /// Each round has every bundle of a target once, in an order of its own where there are several rounds: what drifts on a board falls on
    /// all variants alike (a randomised block design, Fisher 1935).
    private static func runs(_ request: DispatchRequest) -> [PlannedRun] {
        var runs: [PlannedRun] = []
        var generator = SplitMix64(seed: request.repeats.seed)
        for round in 0..<request.repeats.rounds {
            for target in request.targets {
                var bundles = request.bundles.filter { $0.manifest.target.name == target.name }
                if request.repeats.rounds > 1 { generator.shuffle(&bundles) }
                var settings = request.settings
                settings.threads = settings.threads ?? target.threads
                for bundle in bundles {
                    runs.append(
                        PlannedRun(
                            ordinal: runs.count, targetName: target.name,
                            bundleManifestSHA256: bundle.manifestSha256.hex, settingsJSON: text(settings),
                            round: round, restart: request.repeats.restart(ofRound: round)))
                }
            }
        }
        return runs
    }

    static func text(_ value: some Encodable) -> String {
        (try? WireJSON.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    }

    static func record(_ bundle: BundleFolder) -> BundleRecord {
        let manifest = bundle.manifest
        return BundleRecord(
            manifestSHA256: bundle.manifestSha256.hex, name: manifest.name, model: manifest.model.name,
            variant: manifest.variant, width: manifest.model.width, depth: manifest.model.depth,
            parameters: manifest.model.parameters, checkpointSHA256: manifest.model.checkpointSha256?.hex,
            targetName: manifest.target.name, architecture: manifest.target.architecture,
            tvmTargetJSON: text(manifest.target.tvm), tvmVersion: manifest.tvm?.version ?? "",
            runner: manifest.runnerName, frameworkVersion: manifest.softwareVersion,
            moduleSHA256: manifest.module.sha256.hex, moduleSizeBytes: manifest.module.sizeBytes,
            threshold: manifest.threshold, trainingDataset: manifest.training.dataset,
            trainingSynthetic: manifest.training.synthetic, trainingDice: manifest.training.dice,
            referenceDice: manifest.reference?.dice, referenceDatasetSHA256: manifest.reference?.datasetSha256.hex,
            sourceCommit: manifest.sourceCommit, createdAt: manifest.createdAt, manifestJSON: bundle.manifestText)
    }

    private static func record(_ dataset: DatasetFolder) -> DatasetRecord {
        let manifest = dataset.manifest
        return DatasetRecord(
            manifestSHA256: dataset.sha256.hex, name: manifest.name, synthetic: manifest.synthetic,
            source: manifest.source, patients: manifest.patients.count,
            slices: manifest.patients.reduce(0) { $0 + $1.slices.count }, height: manifest.height, width: manifest.width
        )
    }
}
