/// One planned measurement of a dispatch: a bundle on a target.
public struct PlannedRun: StoredRecord, Hashable, Sendable {
    /// Order within the dispatch, from 0.
    public var ordinal: Int
    /// Name of the target.
    public var targetName: String
    /// SHA-256 of the bundle's bundle.json.
    public var bundleManifestSHA256: String
    /// Requested settings, as JSON.
    public var settingsJSON: String
    /// Which of the dispatch's rounds it belongs to, from 0: a round has each bundle of a target once.
    public var round = 0
    /// In which session of the agent it is to be made, from 0, where the agent is ours to restart.
    public var restart = 0

    static let columns: [String: ColumnRule] = [
        "bundleManifestSHA256": .named("bundle_sha256"), "settingsJSON": .named("requested_settings_json"),
    ]

    /// A run of the first round.
    public init(ordinal: Int, targetName: String, bundleManifestSHA256: String, settingsJSON: String) {
        (self.ordinal, self.targetName) = (ordinal, targetName)
        (self.bundleManifestSHA256, self.settingsJSON) = (bundleManifestSHA256, settingsJSON)
    }
}

/// A whole dispatch, as planned before anything is sent.
public struct DispatchPlan: StoredRecord, Hashable, Sendable {
    /// A UUID; the beginning of its runs' job ids.
    public var id: String
    /// RFC 3339, UTC.
    public var createdAt: String
    /// Version of the harness that made it.
    public var harnessVersion: String
    /// Commit that this harness was built from, if known.
    public var harnessCommit: String?
    /// Command line, as JSON array.
    public var commandJSON: String
    /// What was asked for, as JSON: what `--resume` goes by; nil in dispatches of version 0.1.0.
    public var requestJSON: String?
    /// The user's name for it; nil if none was given.
    public var label: String?
    /// SHA-256 of the data set's dataset.json; nil for runs without scores.
    public var datasetManifestSHA256: String?
    /// Bundles of its runs.
    public var bundles: [BundleRecord] = []
    /// Nil for runs without scores.
    public var dataset: DatasetRecord?
    /// In the order of their ordinals.
    public var runs: [PlannedRun] = []

    static let columns: [String: ColumnRule] = [
        "datasetManifestSHA256": .named("dataset_sha256"), "bundles": .elsewhere, "dataset": .elsewhere,
        "runs": .elsewhere,
    ]

    /// A plan without runs yet.
    public init(id: String, createdAt: String, harnessVersion: String, commandJSON: String) {
        (self.id, self.createdAt) = (id, createdAt)
        (self.harnessVersion, self.commandJSON) = (harnessVersion, commandJSON)
    }
}

/// A run of a dispatch that is still to be done, or done again.
public struct OpenRun: Hashable, Sendable {
    /// What is to be measured.
    public var planned: PlannedRun
    /// The attempt to make now: 1, or one more than the last that was lost.
    public var attempt: Int
}
