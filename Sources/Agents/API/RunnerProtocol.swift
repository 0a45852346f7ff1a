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

        /// A data set whose files are all there.
        public init(manifestPath: String, blobFolder: String) {
            (self.manifestPath, self.blobFolder) = (manifestPath, blobFolder)
        }
    }

    /// `protocolName`, or the runner refuses the job.
    public var `protocol` = RunnerJob.protocolName
    /// The job's, for messages.
    public var id: String
    /// What bundle.json says.
    public var bundle: BundleManifest
    /// The module, already verified by the agent.
    public var modulePath: String
    /// Nil for a run without an accuracy pass.
    public var dataset: Dataset?
    /// Which device to run on: `cpu:0`.
    public var device: String
    /// How to measure.
    public var settings: RunSettings
    /// Folder of TVM's runtime libraries and their `runtime.json`; nil for a runner that needs none.
    public var tvmFolder: String?
    /// Empty folder of the job's own: the runner leaves predicted masks here, as PNG named `<sha256>.png`.
    public var outputFolder: String

    /// What a client asked for, with its files where they lie on the board.
    public init(
        _ request: JobRequest, modulePath: String, dataset: Dataset?, tvmFolder: String?, outputFolder: String
    ) {
        (id, bundle, device, settings) = (request.id, request.bundle, request.device, request.settings)
        (self.modulePath, self.dataset) = (modulePath, dataset)
        (self.tvmFolder, self.outputFolder) = (tvmFolder, outputFolder)
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
