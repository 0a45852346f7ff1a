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
    public var emulated: Bool
    public var synthetic: Bool
    public var cpuModel: String?
    public var samples: Int?
    public var medianNs: Double?
    public var p90Ns: Int64?
    public var p99Ns: Int64?
    public var peakResidentBytes: Int?
    public var modelMemoryBytes: Int?
    public var moduleSizeBytes: Int
    /// Mean over patients of the pooled Dice.
    public var dicePatientMean: Double?
    public var label: String?
}

/// Everything of one run.
public struct RunDetail: Hashable, Sendable {
    public var summary: RunSummary
    public var bundle: BundleRecord
    public var dataset: DatasetRecord?
    public var board: BoardRecord?
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
    public var phases: [PhaseRecord]
    public var samples: [SampleRecord]
    public var slices: [SliceRecord]
    public var pictures: [PictureRecord]
}

/// Which runs to read.
public enum RunFilter: Hashable, Sendable {
    /// Every run, newest first.
    case all
    /// Every run of one dispatch, newest first.
    case dispatch(String)
    /// The newest run of each target and bundle name.
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
