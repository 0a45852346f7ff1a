/// The body of `POST /v1/jobs`. Its blobs must be on the board before it.
public struct JobRequest: Codable, Hashable, Sendable {
    /// Chosen by the client, `[A-Za-z0-9._-]{1,128}`: the same id with the same content is the same job.
    public var id: String
    /// What bundle.json says.
    public var bundle: BundleManifest
    /// Blob that holds dataset.json; nil for a run without an accuracy pass.
    public var datasetSha256: SHA256Digest?
    /// Which runner: the bundle's, but for tests.
    public var runner: String
    /// Which device: `cpu:0`.
    public var device: String
    /// How to measure.
    public var settings: RunSettings

    /// A job for the bundle's own runner, unless `runner` names another.
    public init(
        id: String, bundle: BundleManifest, datasetSha256: SHA256Digest?, runner: String? = nil,
        device: String = "cpu:0", settings: RunSettings
    ) {
        (self.id, self.bundle, self.datasetSha256) = (id, bundle, datasetSha256)
        (self.runner, self.device, self.settings) = (runner ?? bundle.runnerName, device, settings)
    }
}

/// Where a job is in its life; every job ends in exactly one outcome.
public enum JobState: Codable, Hashable, Sendable, RawRepresentable {
    case queued
    case running
    case ended(Outcome)

    /// Nil if `rawValue` is no state's name.
    public init?(rawValue: String) {
        switch rawValue {
        case "queued": self = .queued
        case "running": self = .running
        default:
            guard let outcome = Outcome(rawValue: rawValue) else { return nil }
            self = .ended(outcome)
        }
    }

    /// The state's name on the wire: `queued`, `running`, or the outcome's.
    public var rawValue: String {
        switch self {
        case .queued: "queued"
        case .running: "running"
        case .ended(let outcome): outcome.rawValue
        }
    }

    /// How it ended; nil while it has not.
    public var outcome: Outcome? { if case .ended(let outcome) = self { outcome } else { nil } }
}

/// The answer to `POST /v1/jobs` and `GET /v1/jobs/{id}`.
public struct JobStatus: Codable, Hashable, Sendable {
    /// The job's, as the client chose it.
    public var id: String
    /// Where it is in its life.
    public var state: JobState
    /// Present for every final state but `succeeded`.
    public var failure: Failure?
    /// Which device it is for: `cpu:0`.
    public var device: String
    /// Jobs before this one on the board; 0 when running or ended.
    public var queuePosition = 0
    /// Number of the last event written so far; 0 for none.
    public var lastEvent = 0

    /// A job that has written no event.
    public init(id: String, state: JobState, device: String) {
        (self.id, self.state, self.device) = (id, state, device)
    }
}

/// RFC 9457 `application/problem+json`: every error answer of the agent.
public struct Problem: Codable, Hashable, Sendable {
    /// A URI reference that names the kind of problem: `urn:harness:problem:blobs-missing`.
    public var type: String
    /// The status's name: `Conflict`.
    public var title: String
    /// HTTP status.
    public var status: Int
    /// What went wrong here, and the remedy.
    public var detail: String
    /// What clients distinguish problems by.
    public var code: FailureCode
    /// With `blobs-missing`: which.
    public var missing: [SHA256Digest]?
    /// With `offset-mismatch`: bytes already held, where the upload continues.
    public var heldBytes: Int?

    /// The answer for a failure.
    public init(status: Int, title: String, failure: Failure) {
        type = "urn:harness:problem:\(failure.code.rawValue)"
        (self.status, self.title, code, detail) = (status, title, failure.code, failure.message)
    }
}

/// The body of `POST /v1/blobs/query`: which of these are missing?
public struct BlobQuery: Codable, Hashable, Sendable {
    /// Digests of the blobs asked about.
    public var sha256: [SHA256Digest]
    /// Asks about these blobs.
    public init(sha256: [SHA256Digest]) { self.sha256 = sha256 }
}

/// The answer to a `BlobQuery`, in its order.
public struct BlobQueryAnswer: Codable, Hashable, Sendable {
    /// A blob the board does not have whole.
    public struct Missing: Codable, Hashable, Sendable {
        /// The blob's digest.
        public var sha256: SHA256Digest
        /// Bytes of an interrupted upload; the next `PUT` continues there.
        public var heldBytes: Int
        /// A blob of which the first `heldBytes` are here.
        public init(sha256: SHA256Digest, heldBytes: Int) { (self.sha256, self.heldBytes) = (sha256, heldBytes) }
    }

    /// Those that must be sent.
    public var missing: [Missing]
    /// An answer that names these.
    public init(missing: [Missing]) { self.missing = missing }
}
