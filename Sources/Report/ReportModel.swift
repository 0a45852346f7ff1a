import Statistics
import Store

/// Everything a report says, computed once; the renderers only lay it out.
public struct ReportModel: Sendable {
    /// One run in the matrix target × variant.
    public struct Entry: Sendable {
        public var run: RunDetail
        /// Of the timed compute samples; nil if there are none.
        public var compute: LatencySummary?
        /// Of the timed end-to-end samples; nil where not measured.
        public var endToEnd: LatencySummary?
        /// Of the copies to a GPU and back; nil on a CPU.
        public var copies: (toDevice: LatencySummary, fromDevice: LatencySummary)?
        /// Timed compute samples in the order they were taken, nanoseconds.
        public var samples: [Int64]
        /// Whether those samples got slower or faster as time went by, and how much each depends on the one before.
        public var trend: Trend?
        public var dependence: Dependence?
        public var dice: DiceSummary?
        /// Mean over patients with only the largest component of each volume kept.
        public var diceLargest: Double?
        public var verdict: Verdict
        /// Nil where there is no baseline to compare with: of the same dispatch, board and weights.
        public var speedUp: SpeedUp?
        /// What it keeps up; nil for runs of fewer than three windows, and where times mean nothing.
        public var sustained: SustainedSpeed?
        /// Index of the variant among all, for its colour.
        public var colour: Int
        /// Where its module's time goes on its target; nil if it was not profiled.
        public var profile: Profile?
        /// How far its masks are those of a reference; nil if there is none of the same weights and data.
        public var parity: Parity?

        /// Masks against those of a reference, which is another run.
        public struct Parity: Sendable {
            /// The reference's label.
            public var reference: String
            /// Nil for the reference itself.
            public var masks: MaskParity?
        }

        /// Nil for a run that no other of its dispatch repeats.
        public var repeats: Repeats?

        /// A run together with those that repeat it.
        public struct Repeats: Sendable {
            public var medians: NestedMedians
            /// Timed compute samples of all of them, with the agent's life that each was made in.
            var runs: [(life: String, ns: [Int64])]
            /// Of the samples of all of them together.
            var pooled: LatencySummary?
            var pooledEndToEnd: LatencySummary?
            /// Whether this run stands for all in tables and charts.
            public var isShown: Bool
        }

        /// Percentiles of the compute times, of repeated runs of all their samples.
        var spread: LatencySummary? { repeats?.pooled ?? compute }
        /// The same from image to mask.
        var wholeSpread: LatencySummary? { repeats?.pooledEndToEnd ?? endToEnd }
        /// All timed compute times, of repeated runs of all of them.
        var allSamples: [Int64] { repeats?.runs.flatMap(\.ns) ?? samples }

        /// The median compute time, of repeated runs their location, in nanoseconds.
        public var median: Double? { repeats?.medians.location ?? compute?.median }
        /// Its 95% interval.
        public var medianInterval: Interval? { repeats?.medians.interval ?? compute?.medianInterval }

        /// Target, variant and, if it is not single-stream, scenario, for labels.
        public var label: String {
            let scenario = run.summary.scenario
            return "\(run.summary.target) · \(run.summary.variant)"
                + (scenario == ScenarioWords.usual ? "" : " · \(scenario.rawValue)")
                + (repeats?.isShown == false ? " · run \(run.summary.id)" : "")
        }
        /// Those it may be ranked among.
        var group: RankingGroup { RankingGroup(run) }
        /// Whether its time may be compared with others'.
        public var isRanked: Bool { compute != nil && !run.summary.emulated && run.summary.outcome == .succeeded }
    }

    public var title: String
    /// RFC 3339, UTC.
    public var generatedAt: String
    /// What to do, in sentences.
    public var recommendations: [String]
    /// What to keep in mind while reading: synthetic data, emulation, virtual machines.
    public var cautions: [String]
    /// By target and scenario, then fastest first, failures last.
    public var entries: [Entry]
    public var datasets: [DatasetRecord]

    /// Variants that speed-ups are against; one but for dispatches with different baselines.
    public var baselines: [String] { Set(entries.compactMap(\.speedUp?.baseline)).sorted() }

    /// Of runs that repeat each other one, and all others.
    public var shown: [Entry] { entries.filter { $0.repeats?.isShown != false } }
    /// Those of them that ended with a result.
    public var measured: [Entry] { shown.filter { $0.compute != nil } }
    /// Entries that ended without one.
    public var failed: [Entry] { entries.filter { $0.run.summary.outcome != .succeeded } }
}

/// What the report says of a run, in one place and with its reason.
public struct Verdict: Hashable, Sendable {
    /// The verdict's kind.
    public enum Kind: String, Hashable, Sendable {
        /// Reaches the gate, and is the fastest of its target and scenario that does.
        case best
        case passes
        case belowGate = "below gate"
        /// Nothing to compare its Dice with.
        case unjudged
        case failed
    }

    public var kind: Kind
    /// Why, as a sentence.
    public var reason: String
    /// The Dice it had to reach; nil if there was no reference.
    public var gate: Double?

    /// The word in the table.
    public var word: String {
        switch kind {
        case .best: "best"
        case .passes: "passes"
        case .belowGate: "below gate"
        case .unjudged: "not judged"
        case .failed: "failed"
        }
    }
}
