import Statistics

/// Where the time of a module's call goes, on one board.
public struct Profile: Hashable, Sendable {
    /// One function of the module.
    public struct Operator: Hashable, Sendable {
        public var function: String
        /// What it is; nil if the bundle does not say.
        public var kind: String?
        public var layer: String?
        /// How often a call of the module calls it.
        public var calls: Int
        /// Of all those calls together, over the profiled calls of the module.
        public var medianNs: Int64
        public var leastNs: Int64
        /// Of all those calls together: of the layer as it is defined, of what is done, and what must be moved; nil if unknown.
        public var flop: Int?
        public var arithmetic: Int?
        public var bytes: Int?

        public init(
            function: String, kind: String?, layer: String?, calls: Int, medianNs: Int64, leastNs: Int64, flop: Int?,
            arithmetic: Int?, bytes: Int?
        ) {
            self.function = function
            self.kind = kind
            self.layer = layer
            self.calls = calls
            self.medianNs = medianNs
            self.leastNs = leastNs
            self.flop = flop
            self.arithmetic = arithmetic
            self.bytes = bytes
        }
    }

    /// RFC 3339, UTC.
    public var createdAt: String
    public var targetName: String
    public var bundleManifestSHA256: String
    public var board: BoardRecord
    public var device: String
    public var threads: Int
    /// Profiled calls of the module.
    public var calls: Int
    /// Medians of a call with the instrument, and without.
    public var profiledMedianNs: Double
    public var plainMedianNs: Double
    /// What the board could do right before, with as many threads; nil where it was not measured.
    public var peaks: Roofline?
    /// In the order of their first call.
    public var operators: [Operator]

    public init(
        createdAt: String, targetName: String, bundleManifestSHA256: String, board: BoardRecord, device: String,
        threads: Int, calls: Int, profiledMedianNs: Double, plainMedianNs: Double, peaks: Roofline?,
        operators: [Operator]
    ) {
        self.createdAt = createdAt
        self.targetName = targetName
        self.bundleManifestSHA256 = bundleManifestSHA256
        self.board = board
        self.device = device
        self.threads = threads
        self.calls = calls
        self.profiledMedianNs = profiledMedianNs
        self.plainMedianNs = plainMedianNs
        self.peaks = peaks
        self.operators = operators
    }
}
