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
