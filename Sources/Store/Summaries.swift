// What comes out of the database, as plain values.

/// A row of the view `run_summary`; nil where a run did not get so far.
public struct RunSummary: StoredRecord, Hashable, Sendable {
    /// The run's number.
    public var id: Int64
    /// The dispatch it belongs to.
    public var dispatchID: String
    /// Its order in the dispatch, from 0.
    public var ordinal = 0
    /// From 1.
    public var attempt = 1
    /// Name of the target.
    public var target: String
    /// Name of the bundle.
    public var bundle: String
    /// Variant of the bundle.
    public var variant: String
    /// How it ended.
    public var outcome: Outcome
    /// Nil if it succeeded.
    public var failure: Failure?
    /// RFC 3339, UTC.
    public var startedAt: String
    /// RFC 3339, UTC.
    public var endedAt: String
    /// How queries were issued.
    public var scenario = Scenario.singleStream
    /// Nil if that was not checked.
    public var validity: RunValidity.Status?
    /// Whether the board is emulated.
    public var emulated = false
    /// Whether the data set is generated and not measured.
    public var synthetic = false
    /// The board's processor.
    public var cpuModel: String?
    /// Number of timed samples.
    public var samples: Int?
    /// Median compute time.
    public var medianNs: Double?
    /// 90th percentile of the compute times.
    public var p90Ns: Int64?
    /// 99th percentile of the compute times.
    public var p99Ns: Int64?
    /// Largest resident set of the runner.
    public var peakResidentBytes: Int?
    /// Its peak minus the resident set after the phase `runtime`.
    public var modelMemoryBytes: Int?
    /// Most memory taken on a GPU; nil on a CPU.
    public var peakDeviceBytes: Int?
    /// Size of the module's file.
    public var moduleSizeBytes: Int
    /// Mean over patients of the pooled Dice.
    public var dicePatientMean: Double?
    /// The dispatch's label.
    public var label: String?

    /// Whether its result may be quoted; nil if that was not checked.
    public var isValid: Bool? { validity.map { $0 == .valid } }
    /// The failure's code.
    public var failureCode: String? { failure?.code.rawValue }
    /// The failure's message.
    public var failureMessage: String? { failure?.message }

    static let columns: [String: ColumnRule] = [
        "id": .named("run_id"), "failure": .group(prefix: "failure_", present: "failure_code"),
        "validity": .named("verdict"), "peakResidentBytes": .named("peak_rss_bytes"),
    ]

    /// A run of which nothing else is known.
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
    /// Its row of the overview.
    public var summary: RunSummary
    /// What was measured.
    public var result: RunResult
    /// The module.
    public var bundle: BundleRecord
    /// Nil for runs without scores.
    public var dataset: DatasetRecord?
    /// What was asked for.
    public var plan: PlannedRun
    /// The dispatch it belongs to, without its runs.
    public var dispatch: DispatchPlan
    /// The digest that it was sealed with; nil if it was made before there were seals.
    public var seal: String?

    /// Requested settings, as JSON.
    public var requestedSettingsJSON: String { plan.settingsJSON }
    /// Which of its dispatch's rounds it was, from 0.
    public var round: Int { plan.round }
    /// Names the session of the agent in which it was made.
    public var agentSession: String { "\(result.board?.agentInstance ?? "") \(result.agentStartedAt ?? "")" }

    /// A run of `dispatch`.
    public init(
        _ result: RunResult, summary: RunSummary, plan: PlannedRun, of dispatch: DispatchPlan, bundle: BundleRecord,
        dataset: DatasetRecord?
    ) {
        (self.result, self.summary, self.plan) = (result, summary, plan)
        (self.bundle, self.dataset, self.dispatch) = (bundle, dataset, dispatch)
    }

    /// The result's values.
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
        /// The table's name.
        public var name: String
        /// Its number of rows.
        public var rows: Int
    }

    /// `PRAGMA user_version`.
    public var schemaVersion: Int
    /// Version of the SQLite library.
    public var sqliteVersion: String
    /// Size of the file.
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
    /// Runs made before there were seals: their rows cannot be checked.
    public var unsealed: Int
}
