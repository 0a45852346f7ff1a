import JSON
import AgentAPI
import FoundationEssentials
import Statistics
import Store

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
        var plan = DispatchPlan(
            id: UUID().uuidString.lowercased(), createdAt: Timestamp.now(), harnessVersion: HarnessVersion.current,
            commandJSON: text(request.command))
        plan.harnessCommit = HarnessVersion.commit
        plan.requestJSON = text(DispatchRecord(request))
        plan.label = request.label
        plan.datasetManifestSHA256 = request.dataset?.sha256.hex
        plan.bundles = used.map(record)
        plan.dataset = request.dataset.map(record)
        plan.runs = runs
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
                    var run = PlannedRun(
                        ordinal: runs.count, targetName: target.name,
                        bundleManifestSHA256: bundle.manifestSha256.hex, settingsJSON: text(settings))
                    run.round = round
                    run.restart = request.repeats.restart(ofRound: round)
                    runs.append(run)
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
        var record = BundleRecord(
            manifestSHA256: bundle.manifestSha256.hex, name: manifest.name, model: manifest.model.name,
            variant: manifest.variant, width: manifest.model.width, depth: manifest.model.depth,
            parameters: manifest.model.parameters, targetName: manifest.target.name,
            architecture: manifest.target.architecture, moduleSHA256: manifest.module.sha256.hex,
            moduleSizeBytes: manifest.module.sizeBytes, trainingDataset: manifest.training.dataset,
            trainingSynthetic: manifest.training.synthetic, createdAt: manifest.createdAt,
            manifestJSON: bundle.manifestText)
        record.checkpointSHA256 = manifest.model.checkpointSha256?.hex
        record.tvmTargetJSON = text(manifest.target.tvm)
        record.tvmVersion = manifest.tvm?.version ?? ""
        record.runner = manifest.runnerName
        record.frameworkVersion = manifest.softwareVersion ?? record.tvmVersion
        record.threshold = manifest.threshold
        record.trainingDice = manifest.training.dice
        record.referenceDice = manifest.reference?.dice
        record.referenceDatasetSHA256 = manifest.reference?.datasetSha256.hex
        record.sourceCommit = manifest.sourceCommit
        return record
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
