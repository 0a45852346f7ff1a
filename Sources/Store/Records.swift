// What exists in the database only: envelopes around the values of `Results`. Store knows nothing of agents: the coordinator translates.

/// A compiled module and where it came from; identified by `manifestSHA256`.
public struct BundleRecord: StoredRecord, Hashable, Sendable {
    /// SHA-256 of bundle.json.
    public var manifestSHA256: String
    /// Its name, which a dispatch compares by.
    public var name: String
    /// Name of the network.
    public var model: String
    /// Which build of the network it is: `fp32`, `int8` …
    public var variant: String
    /// Channels of the first layer.
    public var width: Int
    /// Number of times that the resolution is halved.
    public var depth: Int
    /// Number of trained parameters.
    public var parameters: Int
    /// SHA-256 of the trained network; nil if unknown.
    public var checkpointSHA256: String?
    /// Name of the target it was compiled for.
    public var targetName: String
    /// The processor it is for, as `uname -m`.
    public var architecture: String
    /// TVM's target, as JSON.
    public var tvmTargetJSON = "{}"
    /// Empty in a bundle for another runner.
    public var tvmVersion = ""
    /// The runner it is for: `tvm`, `pytorch` …
    public var runner = "tvm"
    /// Version of what it runs with: of TVM, or of the runner's framework.
    public var frameworkVersion = ""
    /// SHA-256 of the module's file.
    public var moduleSHA256: String
    /// Size of the module's file.
    public var moduleSizeBytes: Int
    /// Probability from which a pixel belongs to the mask.
    public var threshold = 0.5
    /// Name of the data set it was trained with.
    public var trainingDataset: String
    /// Whether that was generated and not measured.
    public var trainingSynthetic: Bool
    /// Dice by PyTorch FP32 on its validation patients; nil if unknown.
    public var trainingDice: Double?
    /// PyTorch's Dice on the data set of `referenceDatasetSHA256`; both nil if it was not scored.
    public var referenceDice: Double?
    /// SHA-256 of that data set's dataset.json.
    public var referenceDatasetSHA256: String?
    /// Commit of the sources it was made from; nil if unknown.
    public var sourceCommit: String?
    /// RFC 3339, UTC.
    public var createdAt: String
    /// bundle.json, whole.
    public var manifestJSON: String

    /// A bundle of TVM's of which nothing optional is known.
    public init(
        manifestSHA256: String, name: String, model: String, variant: String, width: Int, depth: Int, parameters: Int,
        targetName: String, architecture: String, moduleSHA256: String, moduleSizeBytes: Int, trainingDataset: String,
        trainingSynthetic: Bool, createdAt: String, manifestJSON: String
    ) {
        (self.manifestSHA256, self.name, self.model, self.variant) = (manifestSHA256, name, model, variant)
        (self.width, self.depth, self.parameters) = (width, depth, parameters)
        (self.targetName, self.architecture) = (targetName, architecture)
        (self.moduleSHA256, self.moduleSizeBytes) = (moduleSHA256, moduleSizeBytes)
        (self.trainingDataset, self.trainingSynthetic) = (trainingDataset, trainingSynthetic)
        (self.createdAt, self.manifestJSON) = (createdAt, manifestJSON)
    }
}

/// A data set; identified by the digest of its dataset.json.
public struct DatasetRecord: StoredRecord, Hashable, Sendable {
    /// SHA-256 of dataset.json.
    public var manifestSHA256: String
    /// Its name.
    public var name: String
    /// Whether it was generated and not measured.
    public var synthetic: Bool
    /// Where it is from.
    public var source: String
    /// Number of patients.
    public var patients: Int
    /// Number of slices of all patients.
    public var slices: Int
    /// Height of a slice in pixels.
    public var height: Int
    /// Width of a slice in pixels.
    public var width: Int

    static let columns: [String: ColumnRule] = ["height": .named("height_px"), "width": .named("width_px")]

    /// A data set with these numbers.
    public init(
        manifestSHA256: String, name: String, synthetic: Bool, source: String, patients: Int, slices: Int,
        height: Int, width: Int
    ) {
        (self.manifestSHA256, self.name, self.synthetic, self.source) = (manifestSHA256, name, synthetic, source)
        (self.patients, self.slices, self.height, self.width) = (patients, slices, height, width)
    }
}

/// What an agent reported of its board when it was asked.
@dynamicMemberLookup
public struct BoardRecord: StoredRecord, Hashable, Sendable {
    /// Random name of the agent's data folder.
    public var agentInstance: String
    /// Version of the agent.
    public var agentVersion: String
    /// Read from the database it has those facts only that have a column.
    public var facts: Board
    /// The frequency governor of core 0.
    public var governor: String?
    /// Whether the board is emulated by QEMU.
    public var emulated: Bool
    /// Version of TVM's runtime; nil if the board has none.
    public var tvmVersion: String?
    /// The agent's whole answer, as JSON.
    public var factsJSON: String

    static let columns: [String: ColumnRule] = ["facts": .group()]

    /// A board whose governor is that of its facts.
    public init(agentInstance: String, agentVersion: String, facts: Board, emulated: Bool, factsJSON: String) {
        (self.agentInstance, self.agentVersion, self.facts) = (agentInstance, agentVersion, facts)
        (self.emulated, self.factsJSON, governor) = (emulated, factsJSON, facts.governor)
    }

    /// The board's facts.
    public subscript<Value>(dynamicMember path: WritableKeyPath<Board, Value>) -> Value {
        get { facts[keyPath: path] }
        set { facts[keyPath: path] = newValue }
    }
}

/// One planned measurement of a dispatch: a bundle on a target.
public struct PlannedRun: StoredRecord, Hashable, Sendable {
    /// Order within the dispatch, from 0.
    public var ordinal: Int
    /// Name of the target.
    public var targetName: String
    /// SHA-256 of the bundle's bundle.json.
    public var bundleManifestSHA256: String
    /// Requested settings, as JSON.
    public var settingsJSON: String
    /// Which of the dispatch's rounds it belongs to, from 0: a round has each bundle of a target once.
    public var round = 0
    /// In which session of the agent it is to be made, from 0, where the agent is ours to restart.
    public var restart = 0

    static let columns: [String: ColumnRule] = [
        "bundleManifestSHA256": .named("bundle_sha256"), "settingsJSON": .named("requested_settings_json"),
    ]

    /// A run of the first round.
    public init(ordinal: Int, targetName: String, bundleManifestSHA256: String, settingsJSON: String) {
        (self.ordinal, self.targetName) = (ordinal, targetName)
        (self.bundleManifestSHA256, self.settingsJSON) = (bundleManifestSHA256, settingsJSON)
    }
}

/// A whole dispatch, as planned before anything is sent.
public struct DispatchPlan: StoredRecord, Hashable, Sendable {
    /// A UUID; the beginning of its runs' job ids.
    public var id: String
    /// RFC 3339, UTC.
    public var createdAt: String
    /// Version of the harness that made it.
    public var harnessVersion: String
    /// Commit that this harness was built from, if known.
    public var harnessCommit: String?
    /// Command line, as JSON array.
    public var commandJSON: String
    /// What was asked for, as JSON: what `--resume` goes by; nil in dispatches of version 0.1.0.
    public var requestJSON: String?
    /// The user's name for it; nil if none was given.
    public var label: String?
    /// SHA-256 of the data set's dataset.json; nil for runs without scores.
    public var datasetManifestSHA256: String?
    /// Bundles of its runs.
    public var bundles: [BundleRecord] = []
    /// Nil for runs without scores.
    public var dataset: DatasetRecord?
    /// In the order of their ordinals.
    public var runs: [PlannedRun] = []

    static let columns: [String: ColumnRule] = [
        "datasetManifestSHA256": .named("dataset_sha256"), "bundles": .elsewhere, "dataset": .elsewhere,
        "runs": .elsewhere,
    ]

    /// A plan without runs yet.
    public init(id: String, createdAt: String, harnessVersion: String, commandJSON: String) {
        (self.id, self.createdAt) = (id, createdAt)
        (self.harnessVersion, self.commandJSON) = (harnessVersion, commandJSON)
    }
}

/// A run of a dispatch that is still to be done, or done again.
public struct OpenRun: Hashable, Sendable {
    /// What is to be measured.
    public var planned: PlannedRun
    /// The attempt to make now: 1, or one more than the last that was lost.
    public var attempt: Int
}

/// A slice kept as a picture, so that a report needs no other file.
public struct SlicePicture: StoredRecord, Hashable, Sendable {
    /// The patient's identifier.
    public var patient: String
    /// Number within the volume.
    public var sliceIndex: Int
    /// PNG files' bytes: the image, the true mask, this run's predicted mask.
    public var imagePNG: [UInt8]
    /// The true mask.
    public var truthPNG: [UInt8]
    /// The predicted mask.
    public var predictedPNG: [UInt8]

    /// Three PNG files of one slice.
    public init(patient: String, sliceIndex: Int, imagePNG: [UInt8], truthPNG: [UInt8], predictedPNG: [UInt8]) {
        (self.patient, self.sliceIndex) = (patient, sliceIndex)
        (self.imagePNG, self.truthPNG, self.predictedPNG) = (imagePNG, truthPNG, predictedPNG)
    }
}

/// A predicted mask that no run in the database has yet.
public struct PredictedMask: StoredRecord, Hashable, Sendable {
    /// Order of its slice in the data set.
    public var position: Int
    /// 0 and 255, as a PNG file.
    public var png: [UInt8]

    /// The mask of the slice at `position`.
    public init(position: Int, png: [UInt8]) { (self.position, self.png) = (position, png) }
}

/// Everything of one ended run; stored in one transaction or not at all.
public struct RunResult: StoredRecord, Hashable, Sendable {
    /// Identifier of the job on the board.
    public var jobID: String
    /// From 1; a run that was lost is tried again with the next.
    public var attempt: Int
    /// How it ended.
    public var outcome: Outcome
    /// Nil if it succeeded.
    public var failure: Failure?
    /// RFC 3339, UTC, by the coordinator's clock.
    public var startedAt: String
    /// By the same clock.
    public var endedAt: String
    /// Nil if the agent never answered.
    public var board: BoardRecord?
    /// The board's clocks, temperatures and free memory before and after the run, as JSON; nil if it was not asked.
    public var conditionsJSON: String?
    /// Why the board was slowed before, during or after the run, as it names it; nil if it reported nothing.
    public var throttling: String?
    /// Board and runner in the timed phase; nil if it never came to that.
    public var health: Health?
    /// Windows of the timed phase; none of a run that was shorter than two.
    public var windows: [Window] = []
    /// What it ran on: `cpu:0`, `cuda:0`.
    public var device: String
    /// How queries were issued.
    public var scenario = Scenario.singleStream
    /// What was really used, as JSON; nil if the run ended before it was known.
    public var effectiveSettingsJSON: String?
    /// Threads used; nil if the run ended before that was known.
    public var threads: Int?
    /// Nil if it never came to the warm-up.
    public var warmUpCalls: Int?
    /// Why the warm-up ended: `stable`, `call-limit`, `time-limit`.
    public var warmUpReason: String?
    /// Bytes of blobs sent for this run, and bytes the agent already had.
    public var sentBytes = 0
    /// Bytes that the agent already had.
    public var skippedBytes = 0
    /// Peak resident set by `wait4`, to check `VmHWM` against.
    public var maxResidentBytes: Int?
    /// SHA-256 of all predicted masks together; nil without scores.
    public var masksDigest: String?
    /// When the agent was started that ran it, by its clock: the same for all runs of one session of it. Nil in older runs.
    public var agentStartedAt: String?
    /// In the order in which they ended.
    public var phases: [Phase] = []
    /// Of all phases, in their order.
    public var samples: [Sample] = []
    /// In the order of the data set.
    public var slices: [SliceScore] = []
    /// A few slices to show.
    public var pictures: [SlicePicture] = []
    /// Masks that no earlier run has.
    public var masks: [PredictedMask] = []
    /// Timed queries in the order of issue.
    public var queries: [Query] = []
    /// Nil if the run failed, was made before scenarios, or its runner reported no queries.
    public var validity: RunValidity?

    static let columns: [String: ColumnRule] = [
        "failure": .group(prefix: "failure_", present: "failure_code"), "maxResidentBytes": .named("max_rss_bytes"),
        "masksDigest": .named("masks_sha256"), "board": .elsewhere, "health": .elsewhere, "windows": .elsewhere,
        "phases": .elsewhere, "samples": .elsewhere, "slices": .elsewhere, "pictures": .elsewhere, "masks": .elsewhere,
        "queries": .elsewhere, "validity": .elsewhere,
    ]

    /// A run of which nothing else is known yet.
    public init(jobID: String, attempt: Int, outcome: Outcome, startedAt: String, endedAt: String, device: String) {
        (self.jobID, self.attempt, self.outcome) = (jobID, attempt, outcome)
        (self.startedAt, self.endedAt, self.device) = (startedAt, endedAt, device)
    }

    /// The compute times of its timed samples, in their order.
    public var timedComputeNs: [Int64] { samples.lazy.filter { $0.phase == .timed }.map(\.computeNs) }
}

/// Where the time of a module's call goes, on one board.
public struct Profile: StoredRecord, Hashable, Sendable {
    /// One function of the module.
    @dynamicMemberLookup
    public struct Operator: StoredRecord, Hashable, Sendable {
        /// How long it took.
        public var times: FunctionTimes
        /// What it is; nil if the bundle does not say.
        public var kind: String?
        /// The network's layer that it computes, or nil.
        public var layer: String?
        /// Of all those calls together: of the layer as it is defined, of what is done, and what must be moved; nil if unknown.
        public var flop: Int?
        /// Operations done in all calls; nil if unknown.
        public var arithmetic: Int?
        /// Bytes moved in all calls; nil if unknown.
        public var bytes: Int?

        static let columns: [String: ColumnRule] = ["times": .group()]

        /// An operator of which only the times are known.
        public init(_ times: FunctionTimes) { self.times = times }

        /// The operator's times.
        public subscript<Value>(dynamicMember path: KeyPath<FunctionTimes, Value>) -> Value { times[keyPath: path] }
    }

    /// RFC 3339, UTC.
    public var createdAt: String
    /// Name of the target.
    public var targetName: String
    /// SHA-256 of the bundle's bundle.json.
    public var bundleManifestSHA256: String
    /// The board as it was when it was profiled.
    public var board: BoardRecord?
    /// What it ran on: `cpu:0`, `cuda:0`.
    public var device: String
    /// Threads used.
    public var threads: Int
    /// Profiled calls of the module.
    public var calls: Int
    /// Medians of a call with the instrument, and without.
    public var profiledMedianNs: Double
    /// Median of a call without the instrument.
    public var plainMedianNs: Double
    /// What the board could do right before, with as many threads; nil where it was not measured.
    public var peaks: Roofline?
    /// In the order of their first call.
    public var operators: [Operator] = []

    static let columns: [String: ColumnRule] = [
        "bundleManifestSHA256": .named("bundle_sha256"), "board": .elsewhere, "operators": .elsewhere,
        "peaks": .group(prefix: "peak_", present: "peak_flop_per_second"),
    ]

    /// A profile without operators yet.
    public init(
        createdAt: String, targetName: String, bundleManifestSHA256: String, device: String, threads: Int, calls: Int,
        profiledMedianNs: Double, plainMedianNs: Double
    ) {
        (self.createdAt, self.targetName, self.device) = (createdAt, targetName, device)
        (self.bundleManifestSHA256, self.threads, self.calls) = (bundleManifestSHA256, threads, calls)
        (self.profiledMedianNs, self.plainMedianNs) = (profiledMedianNs, plainMedianNs)
    }
}
