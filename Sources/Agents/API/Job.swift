/// The body of `POST /v1/jobs`. Its blobs must be on the board before it.
public struct JobRequest: Codable, Hashable, Sendable {
    /// Chosen by the client, `[A-Za-z0-9._-]{1,128}`: the same id with the same content is the same job.
    public var id: String
    public var bundle: BundleManifest
    /// Blob that holds dataset.json; nil for a run without an accuracy pass.
    public var datasetSha256: SHA256Digest?
    /// Which runner: the bundle's, but for tests.
    public var runner: String
    /// Which device: `cpu:0`.
    public var device: String
    public var settings: RunSettings

    public init(
        id: String, bundle: BundleManifest, datasetSha256: SHA256Digest?, runner: String? = nil,
        device: String = "cpu:0", settings: RunSettings
    ) {
        self.id = id
        self.bundle = bundle
        self.datasetSha256 = datasetSha256
        self.runner = runner ?? bundle.runnerName
        self.device = device
        self.settings = settings
    }
}

/// Where a job is in its life; every job ends in exactly one outcome.
public enum JobState: Codable, Hashable, Sendable, RawRepresentable {
    case queued
    case running
    case ended(Outcome)

    public init?(rawValue: String) {
        switch rawValue {
        case "queued": self = .queued
        case "running": self = .running
        default:
            guard let outcome = Outcome(rawValue: rawValue) else { return nil }
            self = .ended(outcome)
        }
    }

    public var rawValue: String {
        switch self {
        case .queued: "queued"
        case .running: "running"
        case .ended(let outcome): outcome.rawValue
        }
    }

    /// How it ended; nil while it has not.
    public var outcome: Outcome? { if case .ended(let outcome) = self { outcome } else { nil } }
    /// Whether nothing will change any more.
    public var isFinal: Bool { outcome != nil }
}

/// The answer to `POST /v1/jobs` and `GET /v1/jobs/{id}`.
public struct JobStatus: Codable, Hashable, Sendable {
    public var id: String
    public var state: JobState
    /// Present for every final state but `succeeded`.
    public var failure: Failure?
    public var device: String
    /// Jobs before this one on the board; 0 when running or ended.
    public var queuePosition: Int
    /// Number of the last event written so far; 0 for none.
    public var lastEvent: Int

    public init(
        id: String, state: JobState, failure: Failure? = nil, device: String, queuePosition: Int, lastEvent: Int
    ) {
        self.id = id
        self.state = state
        self.failure = failure
        self.device = device
        self.queuePosition = queuePosition
        self.lastEvent = lastEvent
    }
}

/// RFC 9457 `application/problem+json`: every error answer of the agent.
public struct Problem: Codable, Hashable, Sendable {
    /// A URI reference that names the kind of problem: `urn:harness:problem:blobs-missing`.
    public var type: String
    public var title: String
    public var status: Int
    /// What went wrong here, and the remedy.
    public var detail: String
    public var code: FailureCode
    /// With `blobs-missing`: which.
    public var missing: [SHA256Digest]?
    /// With `offset-mismatch`: bytes already held, where the upload continues.
    public var heldBytes: Int?

    public init(
        status: Int, title: String, failure: Failure, missing: [SHA256Digest]? = nil, heldBytes: Int? = nil
    ) {
        type = "urn:harness:problem:\(failure.code.rawValue)"
        self.title = title
        self.status = status
        detail = failure.message
        code = failure.code
        self.missing = missing
        self.heldBytes = heldBytes
    }
}

/// The body of `POST /v1/blobs/query`: which of these are missing?
public struct BlobQuery: Codable, Hashable, Sendable {
    public var sha256: [SHA256Digest]
    public init(sha256: [SHA256Digest]) { self.sha256 = sha256 }
}

/// The answer to a `BlobQuery`, in its order.
public struct BlobQueryAnswer: Codable, Hashable, Sendable {
    /// A blob the board does not have whole.
    public struct Missing: Codable, Hashable, Sendable {
        public var sha256: SHA256Digest
        /// Bytes of an interrupted upload; the next `PUT` continues there.
        public var heldBytes: Int
        public init(sha256: SHA256Digest, heldBytes: Int) {
            self.sha256 = sha256
            self.heldBytes = heldBytes
        }
    }

    public var missing: [Missing]
    public init(missing: [Missing]) { self.missing = missing }
}
