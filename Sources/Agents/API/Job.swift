/// How a job is measured, as the user asked for it.
public struct RunSettings: Codable, Hashable, Sendable {
    /// How a run's timed queries are issued: `single-stream`, `multi-stream`, `server` or `offline`.
    public var scenario: String
    /// The timed phase goes on at least this long …
    public var minDurationNs: Int64
    /// … and for at least this many queries (offline: samples of its only one) …
    public var minQueries: Int
    /// … but for at most this many.
    public var maxQueries: Int
    /// Samples in one query; nil for as many as the scenario has.
    public var samplesPerQuery: Int?
    /// How many queries arrive a second on average; of the server scenario only, which must have it.
    public var targetQueriesPerSecond: Double?
    /// What the percentile's latency must not exceed; of the server scenario only, which must have it.
    public var latencyBoundNs: Int64?
    /// The percentile that the result is about, above 0 and below 1; nil for the scenario's own.
    public var percentile: Double?
    /// Warm-up ends when the running median is stable, after at most this many calls …
    public var warmUpMaxCalls: Int
    /// … or this long.
    public var warmUpMaxDurationNs: Int64
    /// Length of the windows that health is told by and times are summed up by; nil for a minute.
    public var windowNs: Int64?
    /// Threads the module may use; nil for as many as the board has cores.
    public var threads: Int?
    /// Seed of everything random: order of the inputs, arrivals of a server's queries.
    public var seed: UInt64
    /// The job is stopped as `timed-out` after this long.
    public var timeLimitNs: Int64
    /// The runner may not map more than this (`RLIMIT_DATA`); nil for no limit.
    public var memoryLimitBytes: Int?
    /// So many calls are profiled, function by function, and nothing is timed or scored; nil for a run that counts.
    public var profileCalls: Int?

    /// The preset `quick`: 10 s, at least 64 queries as single-stream's early stopping wants.
    public init(
        scenario: String = "single-stream", minDurationNs: Int64 = 10_000_000_000, minQueries: Int = 64,
        maxQueries: Int = 1_000_000, samplesPerQuery: Int? = nil, targetQueriesPerSecond: Double? = nil,
        latencyBoundNs: Int64? = nil, percentile: Double? = nil, warmUpMaxCalls: Int = 200,
        warmUpMaxDurationNs: Int64 = 5_000_000_000, windowNs: Int64? = nil,
        threads: Int? = nil, seed: UInt64 = 0, timeLimitNs: Int64 = 900_000_000_000, memoryLimitBytes: Int? = nil,
        profileCalls: Int? = nil
    ) {
        self.profileCalls = profileCalls
        self.scenario = scenario
        self.minDurationNs = minDurationNs
        self.minQueries = minQueries
        self.maxQueries = maxQueries
        self.samplesPerQuery = samplesPerQuery
        self.targetQueriesPerSecond = targetQueriesPerSecond
        self.latencyBoundNs = latencyBoundNs
        self.percentile = percentile
        self.warmUpMaxCalls = warmUpMaxCalls
        self.warmUpMaxDurationNs = warmUpMaxDurationNs
        self.windowNs = windowNs
        self.threads = threads
        self.seed = seed
        self.timeLimitNs = timeLimitNs
        self.memoryLimitBytes = memoryLimitBytes
    }

    /// Throws `invalid-request` for a number that no board can keep to, before arithmetic with it overflows.
    public func check() throws(Failure) {
        let week = Self.weekNs
        let problem: String? =
            if let problem = scenarioProblem {
                problem
            } else if !(0...week).contains(minDurationNs) {
                "min_duration_ns must lie between 0 and a week"
            } else if minQueries < 1 || maxQueries < minQueries || maxQueries > 100_000_000 {
                "min_queries must be at least 1, max_queries at least that and at most 100,000,000"
            } else if warmUpMaxCalls < 1 || !(0...week).contains(warmUpMaxDurationNs) {
                "warm_up_max_calls must be at least 1, warm_up_max_duration_ns between 0 and a week"
            } else if let windowNs, !(Self.shortestWindowNs...week).contains(windowNs) {
                "window_ns must lie between 0.1 s and a week"
            } else if !(1...week).contains(timeLimitNs) {
                "time_limit_ns must lie between 1 and a week"
            } else if let threads, !(1...1024).contains(threads) {
                "threads must lie between 1 and 1024"
            } else if let profileCalls, !(1...10_000).contains(profileCalls) {
                "profile_calls must lie between 1 and 10,000"
            } else if let memoryLimitBytes, memoryLimitBytes < 1 << 20 {
                "memory_limit_bytes must be at least 1 MiB"
            } else {
                nil
            }
        if let problem { throw Failure(.invalidRequest, "settings: \(problem).") }
    }
}

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

/// Where a job is in its life; every job ends in exactly one of the last five.
public enum JobState: String, Codable, Hashable, Sendable, CaseIterable {
    case queued
    case running
    case succeeded
    case failed
    case timedOut = "timed-out"
    case cancelled
    /// The agent died or was stopped while the job ran.
    case lost

    /// Whether nothing will change any more.
    public var isFinal: Bool { self != .queued && self != .running }
}

/// Why something did not work: a stable code for programs, a message with the remedy for people.
public struct Failure: Error, Codable, Hashable, Sendable, CustomStringConvertible {
    /// A stable word; the known ones are `FailureCode`'s. Open: a runner may have its own.
    public var code: FailureCode
    /// What went wrong *and* what may be done about it.
    public var message: String

    public init(_ code: FailureCode, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(message) [\(code.rawValue)]" }
}

/// The stable codes of failures and problems; docs/protocol.md lists them all.
public struct FailureCode: RawRepresentable, Codable, Hashable, Sendable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    private init(_ rawValue: String) { self.rawValue = rawValue }

    // A job's end
    public static let runnerCrashed = FailureCode("runner-crashed")
    public static let runnerExited = FailureCode("runner-exited")
    public static let runnerProtocol = FailureCode("runner-protocol")
    public static let runnerMissing = FailureCode("runner-missing")
    public static let timeLimit = FailureCode("time-limit")
    public static let outOfMemory = FailureCode("out-of-memory")
    public static let cancelled = FailureCode("cancelled")
    public static let lost = FailureCode("lost")
    public static let moduleLoad = FailureCode("module-load")
    public static let moduleRun = FailureCode("module-run")
    public static let frameworkMissing = FailureCode("framework-missing")
    public static let frameworkVersionMismatch = FailureCode("framework-version-mismatch")
    public static let scenarioUnsupported = FailureCode("scenario-unsupported")
    public static let profileUnsupported = FailureCode("profile-unsupported")
    public static let datasetInvalid = FailureCode("dataset-invalid")
    public static let imageInvalid = FailureCode("image-invalid")
    public static let deviceMissing = FailureCode("device-missing")

    // A request refused
    public static let invalidRequest = FailureCode("invalid-request")
    public static let notFound = FailureCode("not-found")
    public static let methodNotAllowed = FailureCode("method-not-allowed")
    public static let unauthorised = FailureCode("unauthorised")
    public static let blobsMissing = FailureCode("blobs-missing")
    public static let jobConflict = FailureCode("job-conflict")
    public static let hashMismatch = FailureCode("hash-mismatch")
    public static let offsetMismatch = FailureCode("offset-mismatch")
    public static let bodyTooLarge = FailureCode("body-too-large")
    public static let wrongArchitecture = FailureCode("wrong-architecture")
    public static let wrongDevice = FailureCode("wrong-device")
    public static let wrongCUDAArchitecture = FailureCode("wrong-cuda-architecture")
    public static let cpuFeaturesMissing = FailureCode("cpu-features-missing")
    public static let driverTooOld = FailureCode("driver-too-old")
    public static let glibcTooOld = FailureCode("glibc-too-old")
    public static let pageSize = FailureCode("page-size")
    public static let memoryTooSmall = FailureCode("memory-too-small")
    public static let tvmVersionMismatch = FailureCode("tvm-version-mismatch")
    public static let tvmMissing = FailureCode("tvm-missing")
    public static let diskFull = FailureCode("disk-full")
    public static let shuttingDown = FailureCode("shutting-down")
    public static let internalError = FailureCode("internal-error")

    // A client's own
    public static let unreachable = FailureCode("unreachable")
    public static let connectionLost = FailureCode("connection-lost")
    public static let tlsFailed = FailureCode("tls-failed")
    public static let protocolError = FailureCode("protocol-error")

    // A search for schedules
    public static let searchMissing = FailureCode("search-missing")
    public static let searchEnded = FailureCode("search-ended")
    public static let searchProtocol = FailureCode("search-protocol")
    public static let searchFailed = FailureCode("search-failed")
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
