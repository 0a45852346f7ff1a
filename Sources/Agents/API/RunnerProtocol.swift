/// What the agent writes to a runner's standard input: one job, with everything as local files.
public struct RunnerJob: Codable, Hashable, Sendable {
    /// The value of `protocol` this version speaks.
    public static let protocolName = "harness.runner/1"

    /// The data set on the board's disk.
    public struct Dataset: Codable, Hashable, Sendable {
        /// dataset.json.
        public var manifestPath: String
        /// Folder in which a file lies under its SHA-256 as its name.
        public var blobFolder: String

        public init(manifestPath: String, blobFolder: String) {
            self.manifestPath = manifestPath
            self.blobFolder = blobFolder
        }
    }

    public var `protocol`: String
    public var id: String
    public var bundle: BundleManifest
    /// The module, already verified by the agent.
    public var modulePath: String
    /// Nil for a run without an accuracy pass.
    public var dataset: Dataset?
    public var device: String
    public var settings: RunSettings
    /// Folder of TVM's runtime libraries and their `runtime.json`; nil for a runner that needs none.
    public var tvmFolder: String?
    /// Empty folder of the job's own: the runner leaves predicted masks here, as PNG named `<sha256>.png`.
    public var outputFolder: String

    public init(
        id: String, bundle: BundleManifest, modulePath: String, dataset: Dataset?, device: String,
        settings: RunSettings, tvmFolder: String?, outputFolder: String
    ) {
        self.protocol = Self.protocolName
        self.id = id
        self.bundle = bundle
        self.modulePath = modulePath
        self.dataset = dataset
        self.device = device
        self.settings = settings
        self.tvmFolder = tvmFolder
        self.outputFolder = outputFolder
    }
}

/// The parts of a run, in order; each is timed by itself.
public enum RunPhase: String, Codable, Hashable, Sendable, CaseIterable {
    /// `dlopen` of TVM's libraries, or the import of another framework.
    case runtime
    /// The module read, its VM initialised.
    case load
    /// The first inference, cold.
    case firstCall = "first-call"
    /// Calls until the running median is stable.
    case warmUp = "warm-up"
    /// The samples that count.
    case timed
    /// Calls under the virtual machine's instrument, instead of the timed ones and of scores.
    case profile
    /// Every slice of the data set, scored.
    case accuracy
}

/// Memory of the runner's process, from `/proc/self/status`, at a phase's border.
public struct MemorySnapshot: Codable, Hashable, Sendable {
    /// `VmRSS`.
    public var residentBytes: Int
    /// `VmHWM`.
    public var peakResidentBytes: Int
    /// Memory taken on a GPU since its runtime was loaded; nil on a CPU.
    public var deviceBytes: Int?

    public init(residentBytes: Int, peakResidentBytes: Int, deviceBytes: Int? = nil) {
        self.residentBytes = residentBytes
        self.peakResidentBytes = peakResidentBytes
        self.deviceBytes = deviceBytes
    }
}

/// What was really used, which may differ from what was asked for.
public struct EffectiveSettings: Codable, Hashable, Sendable {
    public var threads: Int
    public var tvmVersion: String?
    public var ffiVersion: String?
    public var runner: String
    public var runnerVersion: String
    /// What a runner other than TVM's ran the module with.
    public var framework: BundleManifest.Framework?
    public var clock: String

    public init(
        threads: Int, tvmVersion: String?, ffiVersion: String?, runner: String, runnerVersion: String,
        framework: BundleManifest.Framework? = nil, clock: String
    ) {
        self.threads = threads
        self.tvmVersion = tvmVersion
        self.ffiVersion = ffiVersion
        self.runner = runner
        self.runnerVersion = runnerVersion
        self.framework = framework
        self.clock = clock
    }
}

/// Consecutive samples of a phase.
public struct SampleChunk: Codable, Hashable, Sendable {
    /// `first-call` (one sample), `warm-up` or `timed`.
    public var phase: RunPhase
    /// Index of the first sample here, from 0 in its phase.
    public var first: Int
    /// Input resident, output resident: the call alone. Nanoseconds.
    public var computeNs: [Int64]
    /// Host image in, host mask out: normalise, copy, call, threshold. Nanoseconds; empty where not measured.
    public var endToEndNs: [Int64]
    /// The input's copy to a device with memory of its own, and the output's back. Nanoseconds; nil on a CPU.
    public var hostToDeviceNs: [Int64]?
    public var deviceToHostNs: [Int64]?

    public init(
        phase: RunPhase, first: Int, computeNs: [Int64], endToEndNs: [Int64], hostToDeviceNs: [Int64]? = nil,
        deviceToHostNs: [Int64]? = nil
    ) {
        self.phase = phase
        self.first = first
        self.computeNs = computeNs
        self.endToEndNs = endToEndNs
        self.hostToDeviceNs = hostToDeviceNs
        self.deviceToHostNs = deviceToHostNs
    }
}

/// One slice of the accuracy pass, in pixels.
public struct SliceScore: Codable, Hashable, Sendable {
    public var patient: String
    public var index: Int
    /// Pixels in the predicted and in the true mask.
    public var intersection: Int
    public var predicted: Int
    public var truth: Int
    /// The same with only the largest component of the patient's volume kept (26-connected), as Buda et al. 2019 score.
    public var largestIntersection: Int
    public var largestPredicted: Int
    /// Digest of the predicted mask's pixels, one byte each, 0 or 1, row by row.
    public var maskSha256: SHA256Digest
    /// Digest of the PNG file of the predicted mask, under which the agent serves it as a blob.
    public var pngSha256: SHA256Digest?

    public init(
        patient: String, index: Int, intersection: Int, predicted: Int, truth: Int, largestIntersection: Int,
        largestPredicted: Int, maskSha256: SHA256Digest, pngSha256: SHA256Digest?
    ) {
        self.patient = patient
        self.index = index
        self.intersection = intersection
        self.predicted = predicted
        self.truth = truth
        self.largestIntersection = largestIntersection
        self.largestPredicted = largestPredicted
        self.maskSha256 = maskSha256
        self.pngSha256 = pngSha256
    }
}

/// One line of a runner's standard output.
public enum RunnerEvent: Hashable, Sendable {
    case settings(EffectiveSettings)
    case phaseStarted(RunPhase)
    case phaseFinished(RunPhase, durationNs: Int64, memory: MemorySnapshot)
    /// For people, at most a few a second, never in the timed phase's samples: done of total in `unit`.
    case progress(RunPhase, done: Int, total: Int)
    case samples(SampleChunk)
    /// What the samples of the timed phase were asked for by; offline a sample an element, all of the one query.
    case queries(QueryChunk)
    /// Of the phase `profile`, once.
    case profile(OperatorProfile)
    /// Why the warm-up ended: `stable`, `call-limit` or `time-limit`, and how many calls were discarded.
    case warmedUp(calls: Int, reason: String)
    case slice(SliceScore)
    /// Digest over all slices' mask digests in manifest order, joined by line feeds.
    case masks(digest: SHA256Digest, slices: Int)
    case log(String)
    /// The run ends here, by the runner's own word; its exit status is not 0.
    case failed(Failure)
    /// The last line of a run that worked. Anything without it, whatever its exit status, has failed.
    case done
}
