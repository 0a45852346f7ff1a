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
    public var tvmVersion: String
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
        tvmVersion: String, moduleSHA256: String, moduleSizeBytes: Int, threshold: Double, trainingDataset: String,
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
        agentInstance: String, agentVersion: String, cpuModel: String?, architecture: String, cores: Int,
        memoryBytes: Int?, osName: String?, kernel: String, hypervisor: String?, governor: String?, emulated: Bool,
        tvmVersion: String?, factsJSON: String
    ) {
        self.agentInstance = agentInstance
        self.agentVersion = agentVersion
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

    public init(ordinal: Int, targetName: String, bundleManifestSHA256: String, settingsJSON: String) {
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

/// How a run ended, in the job states' words; `planned` while it has not.
public enum RunOutcome: String, Hashable, Sendable, CaseIterable {
    case planned
    case succeeded
    case failed
    case timedOut = "timed-out"
    case cancelled
    /// The agent died or was stopped; `--resume` tries again.
    case lost
}

/// Time and memory of one phase of a run.
public struct PhaseRecord: Hashable, Sendable {
    /// `transfer`, `runtime`, `load`, `first-call`, `warm-up`, `timed` or `accuracy`.
    public var name: String
    public var durationNs: Int64
    /// At the phase's end; nil for `transfer`.
    public var residentBytes: Int?
    public var peakResidentBytes: Int?

    public init(name: String, durationNs: Int64, residentBytes: Int?, peakResidentBytes: Int?) {
        self.name = name
        self.durationNs = durationNs
        self.residentBytes = residentBytes
        self.peakResidentBytes = peakResidentBytes
    }
}

/// One inference that was timed.
public struct SampleRecord: Hashable, Sendable {
    /// `first-call`, `warm-up` or `timed`.
    public var phase: String
    /// From 0 within its phase.
    public var index: Int
    public var computeNs: Int64
    /// Host image in, host mask out; nil where not measured.
    public var endToEndNs: Int64?

    public init(phase: String, index: Int, computeNs: Int64, endToEndNs: Int64?) {
        self.phase = phase
        self.index = index
        self.computeNs = computeNs
        self.endToEndNs = endToEndNs
    }
}

/// Score of one slice, in pixels.
public struct SliceRecord: Hashable, Sendable {
    public var patient: String
    public var sliceIndex: Int
    public var intersection: Int
    public var predicted: Int
    public var truth: Int
    public var largestIntersection: Int
    public var largestPredicted: Int
    public var maskSHA256: String

    public init(
        patient: String, sliceIndex: Int, intersection: Int, predicted: Int, truth: Int, largestIntersection: Int,
        largestPredicted: Int, maskSHA256: String
    ) {
        self.patient = patient
        self.sliceIndex = sliceIndex
        self.intersection = intersection
        self.predicted = predicted
        self.truth = truth
        self.largestIntersection = largestIntersection
        self.largestPredicted = largestPredicted
        self.maskSHA256 = maskSHA256
    }
}

/// A slice kept as a picture, so that a report needs no other file.
public struct PictureRecord: Hashable, Sendable {
    public var patient: String
    public var sliceIndex: Int
    /// PNG files' bytes: the image, the true mask, this run's predicted mask.
    public var imagePNG: [UInt8]
    public var truthPNG: [UInt8]
    public var predictedPNG: [UInt8]

    public init(patient: String, sliceIndex: Int, imagePNG: [UInt8], truthPNG: [UInt8], predictedPNG: [UInt8]) {
        self.patient = patient
        self.sliceIndex = sliceIndex
        self.imagePNG = imagePNG
        self.truthPNG = truthPNG
        self.predictedPNG = predictedPNG
    }
}

/// Everything of one ended run; stored in one transaction or not at all.
public struct RunResult: Hashable, Sendable {
    public var jobID: String
    /// From 1; a run that was lost is tried again with the next.
    public var attempt: Int
    public var outcome: RunOutcome
    public var failureCode: String?
    public var failureMessage: String?
    public var startedAt: String
    public var endedAt: String
    /// Nil if the agent never answered.
    public var board: BoardRecord?
    public var device: String
    /// What was really used, as JSON; nil if the run ended before it was known.
    public var effectiveSettingsJSON: String?
    public var threads: Int?
    public var warmUpCalls: Int?
    public var warmUpReason: String?
    /// Bytes of blobs sent for this run, and bytes the agent already had.
    public var sentBytes: Int
    public var skippedBytes: Int
    /// Peak resident set by `wait4`, to check `VmHWM` against.
    public var maxResidentBytes: Int?
    public var masksDigest: String?
    public var phases: [PhaseRecord]
    public var samples: [SampleRecord]
    public var slices: [SliceRecord]
    public var pictures: [PictureRecord]

    public init(
        jobID: String, attempt: Int, outcome: RunOutcome, failureCode: String? = nil, failureMessage: String? = nil,
        startedAt: String, endedAt: String, board: BoardRecord? = nil, device: String,
        effectiveSettingsJSON: String? = nil, threads: Int? = nil, warmUpCalls: Int? = nil,
        warmUpReason: String? = nil, sentBytes: Int = 0, skippedBytes: Int = 0, maxResidentBytes: Int? = nil,
        masksDigest: String? = nil, phases: [PhaseRecord] = [], samples: [SampleRecord] = [],
        slices: [SliceRecord] = [], pictures: [PictureRecord] = []
    ) {
        self.jobID = jobID
        self.attempt = attempt
        self.outcome = outcome
        self.failureCode = failureCode
        self.failureMessage = failureMessage
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.board = board
        self.device = device
        self.effectiveSettingsJSON = effectiveSettingsJSON
        self.threads = threads
        self.warmUpCalls = warmUpCalls
        self.warmUpReason = warmUpReason
        self.sentBytes = sentBytes
        self.skippedBytes = skippedBytes
        self.maxResidentBytes = maxResidentBytes
        self.masksDigest = masksDigest
        self.phases = phases
        self.samples = samples
        self.slices = slices
        self.pictures = pictures
    }
}

/// A run of a dispatch that is still to be done, or done again.
public struct OpenRun: Hashable, Sendable {
    public var planned: PlannedRun
    /// The attempt to make now: 1, or one more than the last that was lost.
    public var attempt: Int

    public init(planned: PlannedRun, attempt: Int) {
        self.planned = planned
        self.attempt = attempt
    }
}
