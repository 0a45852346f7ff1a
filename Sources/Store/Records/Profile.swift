/// Where the time of a module's call goes, on one board.
public struct Profile: StoredRecord, Hashable, Sendable {
    /// One function of the module.
    @dynamicMemberLookup
    public struct Operator: StoredRecord, Hashable, Sendable {
        /// How long it took.
        public var times: FunctionTimes
        /// What it is; nil if the bundle does not say.
        public var kind: String?
        /// The network's layer that it computes, or nil.
        public var layer: String?
        /// Of all those calls together: of the layer as it is defined, of what is done, and what must be moved; nil if unknown.
        public var flop: Int?
        /// Operations done in all calls; nil if unknown.
        public var arithmetic: Int?
        /// Bytes moved in all calls; nil if unknown.
        public var bytes: Int?

        static let columns: [String: ColumnRule] = ["times": .group()]

        /// An operator of which only the times are known.
        public init(_ times: FunctionTimes) { self.times = times }

        /// The operator's times.
        public subscript<Value>(dynamicMember path: KeyPath<FunctionTimes, Value>) -> Value { times[keyPath: path] }
    }

    /// RFC 3339, UTC.
    public var createdAt: String
    /// Name of the target.
    public var targetName: String
    /// SHA-256 of the bundle's bundle.json.
    public var bundleManifestSHA256: String
    /// The board as it was when it was profiled.
    public var board: BoardRecord?
    /// What it ran on: `cpu:0`, `cuda:0`.
    public var device: String
    /// Threads used.
    public var threads: Int
    /// Profiled calls of the module.
    public var calls: Int
    /// Medians of a call with the instrument, and without.
    public var profiledMedianNs: Double
    /// Median of a call without the instrument.
    public var plainMedianNs: Double
    /// What the board could do right before, with as many threads; nil where it was not measured.
    public var peaks: Roofline?
    /// In the order of their first call.
    public var operators: [Operator] = []

    static let columns: [String: ColumnRule] = [
        "bundleManifestSHA256": .named("bundle_sha256"), "board": .elsewhere, "operators": .elsewhere,
        "peaks": .group(prefix: "peak_", present: "peak_flop_per_second"),
    ]

    /// A profile without operators yet.
    public init(
        createdAt: String, targetName: String, bundleManifestSHA256: String, device: String, threads: Int, calls: Int,
        profiledMedianNs: Double, plainMedianNs: Double
    ) {
        (self.createdAt, self.targetName, self.device) = (createdAt, targetName, device)
        (self.bundleManifestSHA256, self.threads, self.calls) = (bundleManifestSHA256, threads, calls)
        (self.profiledMedianNs, self.plainMedianNs) = (profiledMedianNs, plainMedianNs)
    }
}
