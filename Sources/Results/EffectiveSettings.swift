/// A framework that runs modules of another runner than TVM's.
public struct Framework: Codable, Hashable, Sendable {
    /// Name of its Python package: `torch`, `onnxruntime`.
    public var name: String
    /// Its version, such as `2.13.0+cpu`.
    public var version: String
    /// How the runner is to run the module, by the runner's name of it; nil where there is one way only.
    public var mode: String?

    /// A framework of this name and version.
    public init(name: String, version: String, mode: String? = nil) {
        (self.name, self.version, self.mode) = (name, version, mode)
    }
}

/// What was really used, which may differ from what was asked for.
public struct EffectiveSettings: Codable, Hashable, Sendable {
    /// Threads that the module used.
    public var threads: Int
    /// Nil for runners other than TVM's.
    public var tvmVersion: String?
    /// Version of TVM's function interface; nil for other runners.
    public var ffiVersion: String?
    /// Which runner it was: `tvm`, `pytorch` …
    public var runner: String
    /// Version of the runner.
    public var runnerVersion: String
    /// What a runner other than TVM's ran the module with.
    public var framework: Framework?
    /// The clock that times are of: `CLOCK_MONOTONIC`.
    public var clock: String

    /// Settings of a runner without a framework.
    public init(threads: Int, runner: String, runnerVersion: String, clock: String) {
        (self.threads, self.runner, self.runnerVersion, self.clock) = (threads, runner, runnerVersion, clock)
    }
}
