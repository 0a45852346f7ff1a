// What comes out of the database, as plain values.

/// A row of the view `run_summary`; nil where a run did not get so far.
public struct RunSummary: Hashable, Sendable {
    public var id: Int64
    public var dispatchID: String
    public var ordinal: Int
    public var attempt: Int
    public var target: String
    public var bundle: String
    public var variant: String
    public var outcome: RunOutcome
    public var failureCode: String?
    public var failureMessage: String?
    public var startedAt: String
    public var endedAt: String
    /// How its queries were issued.
    public var scenario: String
    /// Whether its result may be quoted; nil if that was not judged.
    public var isValid: Bool?
    public var emulated: Bool
    public var synthetic: Bool
    public var cpuModel: String?
    public var samples: Int?
    public var medianNs: Double?
    public var p90Ns: Int64?
    public var p99Ns: Int64?
    public var peakResidentBytes: Int?
    public var modelMemoryBytes: Int?
    /// Most memory taken on a GPU; nil on a CPU.
    public var peakDeviceBytes: Int?
    public var moduleSizeBytes: Int
    /// Mean over patients of the pooled Dice.
    public var dicePatientMean: Double?
    public var label: String?

    public init(
        id: Int64,
        dispatchID: String,
        ordinal: Int,
        attempt: Int,
        target: String,
        bundle: String,
        variant: String,
        outcome: RunOutcome,
        failureCode: String?,
        failureMessage: String?,
        startedAt: String,
        endedAt: String,
        scenario: String = "single-stream",
        isValid: Bool? = nil,
        emulated: Bool,
        synthetic: Bool,
        cpuModel: String?,
        samples: Int?,
        medianNs: Double?,
        p90Ns: Int64?,
        p99Ns: Int64?,
        peakResidentBytes: Int?,
        modelMemoryBytes: Int?,
        peakDeviceBytes: Int? = nil,
        moduleSizeBytes: Int,
        dicePatientMean: Double?,
        label: String?
    ) {
        self.id = id
        self.dispatchID = dispatchID
        self.ordinal = ordinal
        self.attempt = attempt
        self.target = target
        self.bundle = bundle
        self.variant = variant
        self.outcome = outcome
        self.failureCode = failureCode
        self.failureMessage = failureMessage
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.scenario = scenario
        self.isValid = isValid
        self.emulated = emulated
        self.synthetic = synthetic
        self.cpuModel = cpuModel
        self.samples = samples
        self.medianNs = medianNs
        self.p90Ns = p90Ns
        self.p99Ns = p99Ns
        self.peakResidentBytes = peakResidentBytes
        self.modelMemoryBytes = modelMemoryBytes
        self.peakDeviceBytes = peakDeviceBytes
        self.moduleSizeBytes = moduleSizeBytes
        self.dicePatientMean = dicePatientMean
        self.label = label
    }
}

/// Everything of one run.
public struct RunDetail: Hashable, Sendable {
    public var summary: RunSummary
    public var bundle: BundleRecord
    public var dataset: DatasetRecord?
    public var board: BoardRecord?
    public var conditionsJSON: String?
    public var throttling: String?
    public var health: Health?
    /// Windows of the timed phase; none of a run that was shorter than two.
    public var windows: [Window] = []
    public var jobID: String
    public var device: String
    public var requestedSettingsJSON: String
    public var effectiveSettingsJSON: String?
    public var threads: Int?
    public var warmUpCalls: Int?
    public var warmUpReason: String?
    public var sentBytes: Int
    public var skippedBytes: Int
    public var maxResidentBytes: Int?
    public var masksDigest: String?
    public var harnessVersion: String
    public var harnessCommit: String?
    public var commandJSON: String
    public var phases: [Phase]
    public var samples: [Sample]
    public var slices: [SliceRecord]
    public var pictures: [SlicePicture]
    public var queries: [Query]
    /// Nil if the run failed, was made before scenarios, or its runner told nothing of its queries.
    public var judgement: JudgementRecord?
    /// The digest that it was sealed with; nil if it was made before there were seals.
    public var seal: String?
    /// Which of its dispatch's rounds it was, from 0.
    public var round: Int
    /// When the agent was started that ran it, by its clock: the same for all runs of one life of it. Nil in older runs.
    public var agentStartedAt: String?
    /// Names the life of the agent in which it was made.
    public var agentSession: String { "\(board?.agentInstance ?? "") \(agentStartedAt ?? "")" }

    public init(
        summary: RunSummary,
        bundle: BundleRecord,
        dataset: DatasetRecord?,
        board: BoardRecord?,
        conditionsJSON: String? = nil,
        throttling: String? = nil,
        jobID: String,
        device: String,
        requestedSettingsJSON: String,
        effectiveSettingsJSON: String?,
        threads: Int?,
        warmUpCalls: Int?,
        warmUpReason: String?,
        sentBytes: Int,
        skippedBytes: Int,
        maxResidentBytes: Int?,
        masksDigest: String?,
        harnessVersion: String,
        harnessCommit: String?,
        commandJSON: String,
        phases: [Phase],
        samples: [Sample],
        slices: [SliceRecord],
        pictures: [SlicePicture],
        queries: [Query] = [],
        judgement: JudgementRecord? = nil,
        round: Int = 0,
        agentStartedAt: String? = nil
    ) {
        self.round = round
        self.agentStartedAt = agentStartedAt
        self.summary = summary
        self.bundle = bundle
        self.dataset = dataset
        self.board = board
        self.conditionsJSON = conditionsJSON
        self.throttling = throttling
        self.jobID = jobID
        self.device = device
        self.requestedSettingsJSON = requestedSettingsJSON
        self.effectiveSettingsJSON = effectiveSettingsJSON
        self.threads = threads
        self.warmUpCalls = warmUpCalls
        self.warmUpReason = warmUpReason
        self.sentBytes = sentBytes
        self.skippedBytes = skippedBytes
        self.maxResidentBytes = maxResidentBytes
        self.masksDigest = masksDigest
        self.harnessVersion = harnessVersion
        self.harnessCommit = harnessCommit
        self.commandJSON = commandJSON
        self.phases = phases
        self.samples = samples
        self.slices = slices
        self.pictures = pictures
        self.queries = queries
        self.judgement = judgement
    }
}

/// Which runs to read.
public enum RunFilter: Hashable, Sendable {
    /// Every run, newest first.
    case all
    /// Every run of one dispatch, newest first.
    case dispatch(String)
    /// The newest run of each target, bundle name and scenario.
    case latest
}

/// What `harness db info` says.
public struct DatabaseInfo: Hashable, Sendable {
    public var schemaVersion: Int
    public var sqliteVersion: String
    public var sizeBytes: Int
    /// Rows by table, in the schema's order.
    public var rows: [(table: String, count: Int)]

    public static func == (left: DatabaseInfo, right: DatabaseInfo) -> Bool {
        left.schemaVersion == right.schemaVersion && left.rows.elementsEqual(right.rows, by: ==)
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(schemaVersion) }
}

/// What `harness db check` found.
public struct DatabaseCheck: Hashable, Sendable {
    /// A line each; empty if all is well.
    public var problems: [String]
    /// Runs with a seal.
    public var sealed: Int
    /// Runs made before there were seals: what became of their rows cannot be said.
    public var unsealed: Int

    public init(problems: [String], sealed: Int, unsealed: Int) {
        self.problems = problems
        self.sealed = sealed
        self.unsealed = unsealed
    }
}
