// What comes out of the database, as plain values.

/// A row of the view `run_summary`; nil where a run did not get so far.
public struct RunSummary: StoredRecord, Hashable, Sendable {
    public var id: Int64
    public var dispatchID: String
    public var ordinal = 0
    public var attempt = 1
    public var target: String
    public var bundle: String
    public var variant: String
    public var outcome: Outcome
    public var failure: Failure?
    public var startedAt: String
    public var endedAt: String
    public var scenario = Scenario.singleStream
    /// Nil if that was not checked.
    public var validity: RunValidity.Status?
    public var emulated = false
    public var synthetic = false
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

    /// Whether its result may be quoted; nil if that was not checked.
    public var isValid: Bool? { validity.map { $0 == .valid } }
    public var failureCode: String? { failure?.code.rawValue }
    public var failureMessage: String? { failure?.message }

    static let columns: [String: ColumnRule] = [
        "id": .named("run_id"), "failure": .group(prefix: "failure_", present: "failure_code"),
        "validity": .named("verdict"), "peakResidentBytes": .named("peak_rss_bytes"),
    ]

    public init(
        id: Int64, dispatchID: String, target: String, bundle: String, variant: String, outcome: Outcome,
        startedAt: String, endedAt: String, moduleSizeBytes: Int
    ) {
        (self.id, self.dispatchID, self.target, self.bundle) = (id, dispatchID, target, bundle)
        (self.variant, self.outcome, self.startedAt) = (variant, outcome, startedAt)
        (self.endedAt, self.moduleSizeBytes) = (endedAt, moduleSizeBytes)
    }
}

/// Everything of one run: its result, and what it was planned as.
@dynamicMemberLookup
public struct RunDetail: Hashable, Sendable {
    public var summary: RunSummary
    public var result: RunResult
    public var bundle: BundleRecord
    public var dataset: DatasetRecord?
    public var plan: PlannedRun
    /// Of the dispatch that it belongs to.
    public var harnessVersion: String
    public var harnessCommit: String?
    public var commandJSON: String
    /// The digest that it was sealed with; nil if it was made before there were seals.
    public var seal: String?

    public var requestedSettingsJSON: String { plan.settingsJSON }
    /// Which of its dispatch's rounds it was, from 0.
    public var round: Int { plan.round }
    /// Names the session of the agent in which it was made.
    public var agentSession: String { "\(result.board?.agentInstance ?? "") \(result.agentStartedAt ?? "")" }

    /// A run of the dispatch `dispatch`.
    public init(
        _ result: RunResult, summary: RunSummary, plan: PlannedRun, of dispatch: DispatchPlan, bundle: BundleRecord,
        dataset: DatasetRecord?
    ) {
        (self.result, self.summary, self.plan) = (result, summary, plan)
        (self.bundle, self.dataset) = (bundle, dataset)
        (harnessVersion, harnessCommit) = (dispatch.harnessVersion, dispatch.harnessCommit)
        commandJSON = dispatch.commandJSON
    }

    public subscript<Value>(dynamicMember path: WritableKeyPath<RunResult, Value>) -> Value {
        get { result[keyPath: path] }
        set { result[keyPath: path] = newValue }
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
    /// A table and how many rows it has.
    public struct Table: Hashable, Sendable {
        public var name: String
        public var rows: Int
    }

    public var schemaVersion: Int
    public var sqliteVersion: String
    public var sizeBytes: Int
    /// In the order in which they were created.
    public var tables: [Table]
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
        (self.problems, self.sealed, self.unsealed) = (problems, sealed, unsealed)
    }
}
