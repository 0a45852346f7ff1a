// What goes into the database, as plain values. Store knows nothing of agents: Dispatch translates.

/// A compiled module and where it came from; identified by `manifestSHA256`.
public struct BundleRecord: Hashable, Sendable {
    public var manifestSHA256: String
    public var name: String
    public var model: String
    public var variant: String
    public var width: Int
    public var depth: Int
    public var parameters: Int
    public var checkpointSHA256: String?
    /// Name of the target it was compiled for.
    public var targetName: String
    public var architecture: String
    /// TVM's target, as JSON.
    public var tvmTargetJSON: String
    /// Empty in a bundle for another runner.
    public var tvmVersion: String
    /// The runner it is for: `tvm`, `pytorch` …
    public var runner: String
    /// Version of what it runs with: of TVM, or of the runner's framework.
    public var frameworkVersion: String
    public var moduleSHA256: String
    public var moduleSizeBytes: Int
    public var threshold: Double
    public var trainingDataset: String
    public var trainingSynthetic: Bool
    /// Dice by PyTorch FP32 on its validation patients; nil if unknown.
    public var trainingDice: Double?
    /// PyTorch's Dice on the data set of `referenceDatasetSHA256`; both nil if it was not scored.
    public var referenceDice: Double?
    public var referenceDatasetSHA256: String?
    public var sourceCommit: String?
    public var createdAt: String
    /// bundle.json, whole.
    public var manifestJSON: String

    public init(
        manifestSHA256: String, name: String, model: String, variant: String, width: Int, depth: Int,
        parameters: Int, checkpointSHA256: String?, targetName: String, architecture: String, tvmTargetJSON: String,
        tvmVersion: String, runner: String = "tvm", frameworkVersion: String? = nil, moduleSHA256: String,
        moduleSizeBytes: Int, threshold: Double, trainingDataset: String,
        trainingSynthetic: Bool, trainingDice: Double?, referenceDice: Double?, referenceDatasetSHA256: String?,
        sourceCommit: String?, createdAt: String, manifestJSON: String
    ) {
        self.manifestSHA256 = manifestSHA256
        self.name = name
        self.model = model
        self.variant = variant
        self.width = width
        self.depth = depth
        self.parameters = parameters
        self.checkpointSHA256 = checkpointSHA256
        self.targetName = targetName
        self.architecture = architecture
        self.tvmTargetJSON = tvmTargetJSON
        self.tvmVersion = tvmVersion
        self.runner = runner
        self.frameworkVersion = frameworkVersion ?? tvmVersion
        self.moduleSHA256 = moduleSHA256
        self.moduleSizeBytes = moduleSizeBytes
        self.threshold = threshold
        self.trainingDataset = trainingDataset
        self.trainingSynthetic = trainingSynthetic
        self.trainingDice = trainingDice
        self.referenceDice = referenceDice
        self.referenceDatasetSHA256 = referenceDatasetSHA256
        self.sourceCommit = sourceCommit
        self.createdAt = createdAt
        self.manifestJSON = manifestJSON
    }
}

/// A data set; identified by the digest of its dataset.json.
public struct DatasetRecord: Hashable, Sendable {
    public var manifestSHA256: String
    public var name: String
    public var synthetic: Bool
    public var source: String
    public var patients: Int
    public var slices: Int
    public var height: Int
    public var width: Int

    public init(
        manifestSHA256: String, name: String, synthetic: Bool, source: String, patients: Int, slices: Int,
        height: Int, width: Int
    ) {
        self.manifestSHA256 = manifestSHA256
        self.name = name
        self.synthetic = synthetic
        self.source = source
        self.patients = patients
        self.slices = slices
        self.height = height
        self.width = width
    }
}

/// What a board said of itself when it was asked; nil where it could not tell.
public struct BoardRecord: Hashable, Sendable {
    public var agentInstance: String
    public var agentVersion: String
    /// The board as its maker calls it.
    public var model: String?
    public var cpuModel: String?
    public var architecture: String
    public var cores: Int
    public var memoryBytes: Int?
    public var osName: String?
    public var kernel: String
    public var hypervisor: String?
    public var governor: String?
    public var emulated: Bool
    public var tvmVersion: String?
    /// The agent's whole answer, as JSON.
    public var factsJSON: String

    public init(
        agentInstance: String, agentVersion: String, model: String?, cpuModel: String?, architecture: String,
        cores: Int,
        memoryBytes: Int?, osName: String?, kernel: String, hypervisor: String?, governor: String?, emulated: Bool,
        tvmVersion: String?, factsJSON: String
    ) {
        self.agentInstance = agentInstance
        self.agentVersion = agentVersion
        self.model = model
        self.cpuModel = cpuModel
        self.architecture = architecture
        self.cores = cores
        self.memoryBytes = memoryBytes
        self.osName = osName
        self.kernel = kernel
        self.hypervisor = hypervisor
        self.governor = governor
        self.emulated = emulated
        self.tvmVersion = tvmVersion
        self.factsJSON = factsJSON
    }
}

/// One planned measurement of a dispatch: a bundle on a target.
public struct PlannedRun: Hashable, Sendable {
    /// Order within the dispatch, from 0.
    public var ordinal: Int
    public var targetName: String
    public var bundleManifestSHA256: String
    /// Requested settings, as JSON.
    public var settingsJSON: String
    /// Which of the dispatch's rounds it belongs to, from 0: a round has each bundle of a target once.
    public var round: Int
    /// In which life of the agent it is to be made, from 0, where the agent is ours to restart.
    public var restart: Int

    public init(
        ordinal: Int, targetName: String, bundleManifestSHA256: String, settingsJSON: String, round: Int = 0,
        restart: Int = 0
    ) {
        self.round = round
        self.restart = restart
        self.ordinal = ordinal
        self.targetName = targetName
        self.bundleManifestSHA256 = bundleManifestSHA256
        self.settingsJSON = settingsJSON
    }
}

/// A whole dispatch, as planned before anything is sent.
public struct DispatchPlan: Hashable, Sendable {
    /// A UUID; the beginning of its runs' job ids.
    public var id: String
    public var createdAt: String
    public var harnessVersion: String
    /// Commit of the harness's checkout, if known.
    public var harnessCommit: String?
    /// Command line, as JSON array.
    public var commandJSON: String
    public var label: String?
    public var datasetManifestSHA256: String?
    public var bundles: [BundleRecord]
    public var dataset: DatasetRecord?
    public var runs: [PlannedRun]

    public init(
        id: String, createdAt: String, harnessVersion: String, harnessCommit: String?, commandJSON: String,
        label: String?, datasetManifestSHA256: String?, bundles: [BundleRecord], dataset: DatasetRecord?,
        runs: [PlannedRun]
    ) {
        self.id = id
        self.createdAt = createdAt
        self.harnessVersion = harnessVersion
        self.harnessCommit = harnessCommit
        self.commandJSON = commandJSON
        self.label = label
        self.datasetManifestSHA256 = datasetManifestSHA256
        self.bundles = bundles
        self.dataset = dataset
        self.runs = runs
    }
}
