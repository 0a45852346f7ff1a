/// A framework that runs modules of another runner than TVM's.
public struct Framework: Codable, Hashable, Sendable {
    /// Name of its Python package: `torch`, `onnxruntime`.
    public var name: String
    /// Its version, such as `2.13.0+cpu`.
    public var version: String
    /// How the runner is to run the module, by the runner's name of it; nil where there is one way only.
    public var mode: String?

    public init(name: String, version: String, mode: String? = nil) {
        self.name = name
        self.version = version
        self.mode = mode
    }
}

/// What was really used, which may differ from what was asked for.
public struct EffectiveSettings: Codable, Hashable, Sendable {
    public var threads: Int
    public var tvmVersion: String?
    public var ffiVersion: String?
    public var runner: String
    public var runnerVersion: String
    /// What a runner other than TVM's ran the module with.
    public var framework: Framework?
    public var clock: String

    public init(threads: Int, runner: String, runnerVersion: String, clock: String) {
        self.threads = threads
        self.runner = runner
        self.runnerVersion = runnerVersion
        self.clock = clock
    }
}
