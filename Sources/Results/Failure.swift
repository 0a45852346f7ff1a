/// Why something did not work: a stable code for programs, a message with the remedy for people.
public struct Failure: Error, Codable, Hashable, Sendable, CustomStringConvertible {
    /// A stable word; the known ones are `FailureCode`'s. Open: a runner may have its own.
    public var code: FailureCode
    /// What went wrong *and* what may be done about it.
    public var message: String

    /// A failure of a known code.
    public init(_ code: FailureCode, _ message: String) { (self.code, self.message) = (code, message) }

    /// The message, with the code in brackets.
    public var description: String { "\(message) [\(code.rawValue)]" }
}

/// The stable codes of failures and problems; docs/protocol.md lists them all.
public struct FailureCode: RawRepresentable, Codable, Hashable, Sendable {
    /// The word itself.
    public var rawValue: String

    /// The code that a message names, known or not.
    public init(rawValue: String) { self.rawValue = rawValue }
    private init(_ rawValue: String) { self.rawValue = rawValue }

    // A job's end
    /// The runner ended by a signal.
    public static let runnerCrashed = FailureCode("runner-crashed")
    /// The runner ended with a status other than 0, without a reason.
    public static let runnerExited = FailureCode("runner-exited")
    /// The runner or its job breaks the protocol of events.
    public static let runnerProtocol = FailureCode("runner-protocol")
    /// The board has no runner of the name that the bundle asks for.
    public static let runnerMissing = FailureCode("runner-missing")
    /// The job was stopped at its time limit.
    public static let timeLimit = FailureCode("time-limit")
    /// The runner needed more memory than there is, or than it was allowed.
    public static let outOfMemory = FailureCode("out-of-memory")
    /// The job was cancelled.
    public static let cancelled = FailureCode("cancelled")
    /// The agent ended while the job ran.
    public static let lost = FailureCode("lost")
    /// The runner cannot load the module.
    public static let moduleLoad = FailureCode("module-load")
    /// The module fails when it is called.
    public static let moduleRun = FailureCode("module-run")
    /// The framework of the bundle is not installed on the board.
    public static let frameworkMissing = FailureCode("framework-missing")
    /// The board has another version of the framework than the bundle was made with.
    public static let frameworkVersionMismatch = FailureCode("framework-version-mismatch")
    /// The runner does not know the scenario.
    public static let scenarioUnsupported = FailureCode("scenario-unsupported")
    /// The runner cannot profile functions.
    public static let profileUnsupported = FailureCode("profile-unsupported")
    /// dataset.json cannot be used.
    public static let datasetInvalid = FailureCode("dataset-invalid")
    /// A picture of the data set cannot be decoded, or has another size.
    public static let imageInvalid = FailureCode("image-invalid")
    /// The board has no such device.
    public static let deviceMissing = FailureCode("device-missing")

    // A request refused
    /// The request cannot be understood.
    public static let invalidRequest = FailureCode("invalid-request")
    /// There is no such job, blob or path.
    public static let notFound = FailureCode("not-found")
    /// The path has no such method.
    public static let methodNotAllowed = FailureCode("method-not-allowed")
    /// The request lacks the agent's token.
    public static let unauthorised = FailureCode("unauthorised")
    /// Blobs of the job have not been uploaded.
    public static let blobsMissing = FailureCode("blobs-missing")
    /// A different job has this id.
    public static let jobConflict = FailureCode("job-conflict")
    /// Bytes do not have the SHA-256 that they were announced with.
    public static let hashMismatch = FailureCode("hash-mismatch")
    /// An upload does not continue where the held bytes end.
    public static let offsetMismatch = FailureCode("offset-mismatch")
    /// The body is longer than the agent accepts.
    public static let bodyTooLarge = FailureCode("body-too-large")
    /// The module is for another processor architecture.
    public static let wrongArchitecture = FailureCode("wrong-architecture")
    /// The module is for another kind of device.
    public static let wrongDevice = FailureCode("wrong-device")
    /// The module is for another GPU architecture.
    public static let wrongCUDAArchitecture = FailureCode("wrong-cuda-architecture")
    /// The processor lacks instructions that the module uses.
    public static let cpuFeaturesMissing = FailureCode("cpu-features-missing")
    /// The GPU's driver is older than the agent's CUDA runtime.
    public static let driverTooOld = FailureCode("driver-too-old")
    /// The C library is older than the module needs.
    public static let glibcTooOld = FailureCode("glibc-too-old")
    /// The board's memory pages are larger than the module's alignment.
    public static let pageSize = FailureCode("page-size")
    /// The module's weights and workspace do not fit into what is free.
    public static let memoryTooSmall = FailureCode("memory-too-small")
    /// The board has another version of TVM than the module was compiled with.
    public static let tvmVersionMismatch = FailureCode("tvm-version-mismatch")
    /// The board has no TVM runtime.
    public static let tvmMissing = FailureCode("tvm-missing")
    /// A file system has no room left.
    public static let diskFull = FailureCode("disk-full")
    /// The agent is stopping.
    public static let shuttingDown = FailureCode("shutting-down")
    /// A defect of the agent.
    public static let internalError = FailureCode("internal-error")

    // A client's own
    /// No connection could be made.
    public static let unreachable = FailureCode("unreachable")
    /// The connection broke.
    public static let connectionLost = FailureCode("connection-lost")
    /// TLS was refused by one side.
    public static let tlsFailed = FailureCode("tls-failed")
    /// The answer is not that of an agent.
    public static let protocolError = FailureCode("protocol-error")

    // A search for schedules
    /// The search cannot be started.
    public static let searchMissing = FailureCode("search-missing")
    /// The search ended before it was done.
    public static let searchEnded = FailureCode("search-ended")
    /// The search wrote a message that is not understood.
    public static let searchProtocol = FailureCode("search-protocol")
    /// The search ended with a reason of its own.
    public static let searchFailed = FailureCode("search-failed")
}
