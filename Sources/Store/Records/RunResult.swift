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
