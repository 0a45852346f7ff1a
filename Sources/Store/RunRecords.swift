// A run as it goes into the database and comes out of it again, part by part.

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
public struct Phase: Hashable, Sendable {
    /// `transfer`, `runtime`, `load`, `first-call`, `warm-up`, `timed` or `accuracy`.
    public var name: String
    public var durationNs: Int64
    /// At the phase's end; nil for `transfer`.
    public var residentBytes: Int?
    public var peakResidentBytes: Int?
    /// Memory taken on a GPU since its runtime was loaded; nil on a CPU.
    public var deviceBytes: Int?

    public init(
        name: String, durationNs: Int64, residentBytes: Int?, peakResidentBytes: Int?, deviceBytes: Int? = nil
    ) {
        self.name = name
        self.durationNs = durationNs
        self.residentBytes = residentBytes
        self.peakResidentBytes = peakResidentBytes
        self.deviceBytes = deviceBytes
    }
}

/// One inference that was timed.
public struct Sample: Hashable, Sendable {
    /// `first-call`, `warm-up` or `timed`.
    public var phase: String
    /// From 0 within its phase.
    public var index: Int
    public var computeNs: Int64
    /// Host image in, host mask out; nil where not measured.
    public var endToEndNs: Int64?
    /// The copies to a device with memory of its own and back; nil on a CPU.
    public var hostToDeviceNs: Int64?
    public var deviceToHostNs: Int64?

    public init(
        phase: String, index: Int, computeNs: Int64, endToEndNs: Int64?, hostToDeviceNs: Int64? = nil,
        deviceToHostNs: Int64? = nil
    ) {
        self.phase = phase
        self.index = index
        self.computeNs = computeNs
        self.endToEndNs = endToEndNs
        self.hostToDeviceNs = hostToDeviceNs
        self.deviceToHostNs = deviceToHostNs
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
public struct SlicePicture: Hashable, Sendable {
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
    /// The board's clocks, temperatures and free memory before and after the run, as JSON; nil if it was not asked.
    public var conditionsJSON: String?
    /// Why the board said that it was slowed before, during or after the run, in its own words; nil if it said nothing.
    public var throttling: String?
    /// How board and runner did in the timed phase; nil if it never came to that.
    public var health: Health?
    /// Windows of the timed phase; none of a run that was shorter than two.
    public var windows: [Window] = []
    public var device: String
    /// How its queries were issued: `single-stream`, `multi-stream`, `server` or `offline`.
    public var scenario: String
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
    public var phases: [Phase]
    public var samples: [Sample]
    public var slices: [SliceRecord]
    public var pictures: [SlicePicture]
    /// Masks that no earlier run has.
    public var masks: [PredictedMask]
    public var queries: [Query]
    /// Nil if the run failed, or its runner told nothing of its queries.
    public var judgement: JudgementRecord?
    /// When the agent was started that ran it, by its clock; nil if it never answered.
    public var agentStartedAt: String?

    public init(
        jobID: String, attempt: Int, outcome: RunOutcome, failureCode: String? = nil, failureMessage: String? = nil,
        startedAt: String, endedAt: String, board: BoardRecord? = nil, conditionsJSON: String? = nil,
        throttling: String? = nil, device: String, scenario: String = "single-stream",
        effectiveSettingsJSON: String? = nil, threads: Int? = nil, warmUpCalls: Int? = nil,
        warmUpReason: String? = nil, sentBytes: Int = 0, skippedBytes: Int = 0, maxResidentBytes: Int? = nil,
        masksDigest: String? = nil, phases: [Phase] = [], samples: [Sample] = [],
        slices: [SliceRecord] = [], pictures: [SlicePicture] = [], queries: [Query] = [],
        judgement: JudgementRecord? = nil, agentStartedAt: String? = nil, masks: [PredictedMask] = []
    ) {
        self.masks = masks
        self.agentStartedAt = agentStartedAt
        self.jobID = jobID
        self.attempt = attempt
        self.outcome = outcome
        self.failureCode = failureCode
        self.failureMessage = failureMessage
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.board = board
        self.conditionsJSON = conditionsJSON
        self.throttling = throttling
        self.device = device
        self.scenario = scenario
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
        self.queries = queries
        self.judgement = judgement
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
