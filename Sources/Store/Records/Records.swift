// What exists in the database only: envelopes around the values of `Results`. Store knows nothing of agents: the coordinator translates.

/// A compiled module and where it came from; identified by `manifestSHA256`.
public struct BundleRecord: StoredRecord, Hashable, Sendable {
    /// SHA-256 of bundle.json.
    public var manifestSHA256: String
    /// Its name, which a dispatch compares by.
    public var name: String
    /// Name of the network.
    public var model: String
    /// Which build of the network it is: `fp32`, `int8` …
    public var variant: String
    /// Channels of the first layer.
    public var width: Int
    /// Number of times that the resolution is halved.
    public var depth: Int
    /// Number of trained parameters.
    public var parameters: Int
    /// SHA-256 of the trained network; nil if unknown.
    public var checkpointSHA256: String?
    /// Name of the target it was compiled for.
    public var targetName: String
    /// The processor it is for, as `uname -m`.
    public var architecture: String
    /// TVM's target, as JSON.
    public var tvmTargetJSON = "{}"
    /// Empty in a bundle for another runner.
    public var tvmVersion = ""
    /// The runner it is for: `tvm`, `pytorch` …
    public var runner = "tvm"
    /// Version of what it runs with: of TVM, or of the runner's framework.
    public var frameworkVersion = ""
    /// SHA-256 of the module's file.
    public var moduleSHA256: String
    /// Size of the module's file.
    public var moduleSizeBytes: Int
    /// Probability from which a pixel belongs to the mask.
    public var threshold = 0.5
    /// Name of the data set it was trained with.
    public var trainingDataset: String
    /// Whether that was generated and not measured.
    public var trainingSynthetic: Bool
    /// Dice by PyTorch FP32 on its validation patients; nil if unknown.
    public var trainingDice: Double?
    /// PyTorch's Dice on the data set of `referenceDatasetSHA256`; both nil if it was not scored.
    public var referenceDice: Double?
    /// SHA-256 of that data set's dataset.json.
    public var referenceDatasetSHA256: String?
    /// Commit of the sources it was made from; nil if unknown.
    public var sourceCommit: String?
    /// RFC 3339, UTC.
    public var createdAt: String
    /// bundle.json, whole.
    public var manifestJSON: String

    /// A bundle of TVM's of which nothing optional is known.
    public init(
        manifestSHA256: String, name: String, model: String, variant: String, width: Int, depth: Int, parameters: Int,
        targetName: String, architecture: String, moduleSHA256: String, moduleSizeBytes: Int, trainingDataset: String,
        trainingSynthetic: Bool, createdAt: String, manifestJSON: String
    ) {
        (self.manifestSHA256, self.name, self.model, self.variant) = (manifestSHA256, name, model, variant)
        (self.width, self.depth, self.parameters) = (width, depth, parameters)
        (self.targetName, self.architecture) = (targetName, architecture)
        (self.moduleSHA256, self.moduleSizeBytes) = (moduleSHA256, moduleSizeBytes)
        (self.trainingDataset, self.trainingSynthetic) = (trainingDataset, trainingSynthetic)
        (self.createdAt, self.manifestJSON) = (createdAt, manifestJSON)
    }
}

/// A data set; identified by the digest of its dataset.json.
public struct DatasetRecord: StoredRecord, Hashable, Sendable {
    /// SHA-256 of dataset.json.
    public var manifestSHA256: String
    /// Its name.
    public var name: String
    /// Whether it was generated and not measured.
    public var synthetic: Bool
    /// Where it is from.
    public var source: String
    /// Number of patients.
    public var patients: Int
    /// Number of slices of all patients.
    public var slices: Int
    /// Height of a slice in pixels.
    public var height: Int
    /// Width of a slice in pixels.
    public var width: Int

    static let columns: [String: ColumnRule] = ["height": .named("height_px"), "width": .named("width_px")]

    /// A data set with these numbers.
    public init(
        manifestSHA256: String, name: String, synthetic: Bool, source: String, patients: Int, slices: Int,
        height: Int, width: Int
    ) {
        (self.manifestSHA256, self.name, self.synthetic, self.source) = (manifestSHA256, name, synthetic, source)
        (self.patients, self.slices, self.height, self.width) = (patients, slices, height, width)
    }
}

/// What an agent reported of its board when it was asked.
@dynamicMemberLookup
public struct BoardRecord: StoredRecord, Hashable, Sendable {
    /// Random name of the agent's data folder.
    public var agentInstance: String
    /// Version of the agent.
    public var agentVersion: String
    /// Read from the database it has those facts only that have a column.
    public var facts: Board
    /// The frequency governor of core 0.
    public var governor: String?
    /// Whether the board is emulated by QEMU.
    public var emulated: Bool
    /// Version of TVM's runtime; nil if the board has none.
    public var tvmVersion: String?
    /// The agent's whole answer, as JSON.
    public var factsJSON: String

    static let columns: [String: ColumnRule] = ["facts": .group()]

    /// A board whose governor is that of its facts.
    public init(agentInstance: String, agentVersion: String, facts: Board, emulated: Bool, factsJSON: String) {
        (self.agentInstance, self.agentVersion, self.facts) = (agentInstance, agentVersion, facts)
        (self.emulated, self.factsJSON, governor) = (emulated, factsJSON, facts.governor)
    }

    /// The board's facts.
    public subscript<Value>(dynamicMember path: WritableKeyPath<Board, Value>) -> Value {
        get { facts[keyPath: path] }
        set { facts[keyPath: path] = newValue }
    }
}
