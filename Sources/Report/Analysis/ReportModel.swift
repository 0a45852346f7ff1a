import Results
import Statistics
import Store

/// All that a report is made from, computed once; sections choose what of it they show.
public struct ReportModel: Sendable {
    var title: String
    /// RFC 3339, UTC.
    var generatedAt: String
    /// By target and scenario, then fastest first, failures last.
    public var entries: [Entry]
    var datasets: [DatasetRecord]

    /// Variants that speed-ups are against; one but for dispatches with different baselines.
    var baselines: [String] { Set(entries.compactMap(\.speedUp?.baseline)).sorted() }
    /// Of runs that repeat each other one, and all others.
    var shown: [Entry] { entries.filter(\.isShown) }
    /// Those of them that ended with a result.
    var measured: [Entry] { shown.filter { $0.compute != nil } }
    /// Entries that ended without one.
    var failed: [Entry] { entries.filter { !$0.hasSucceeded } }
    /// In the order of their names.
    var groups: [RankingGroup] { Set(entries.map(\.group)).sorted() }
}

extension ReportModel {
    /// One run in the matrix target × variant.
    public struct Entry: Sendable {
        /// The run as it is stored; what sections read of it has a name below.
        var run: RunDetail
        /// Of the timed compute samples; nil if there are none.
        var compute: LatencySummary?
        /// Of the timed end-to-end samples; nil where not measured.
        var endToEnd: LatencySummary?
        /// Of the copies to a GPU and back; nil on a CPU.
        var copies: (toDevice: LatencySummary, fromDevice: LatencySummary)?
        /// Timed compute samples in the order they were taken, nanoseconds.
        var samples: [Int64]
        /// Whether those samples got slower or faster as time went by.
        var trend: Trend?
        /// How much each of those samples depends on the one before.
        var dependence: Dependence?
        var dice: DiceSummary?
        /// Mean over patients with only the largest component of each volume kept.
        var diceLargest: Double?
        var gateResult: GateResult
        /// Nil where there is no baseline to compare with: of the same dispatch, board and weights.
        var speedUp: SpeedUp?
        /// What it keeps up; nil for runs of fewer than three windows, and where times mean nothing.
        var sustained: SustainedSpeed?
        /// Index of the variant among all, for its colour.
        var colour: Int
        /// Where its module's time goes on its target; nil if it was not profiled.
        var profile: Profile?
        /// How far its masks are those of a reference; nil if there is none of the same weights and data.
        var parity: Parity?
        /// Nil for a run that no other of its dispatch repeats.
        var repeats: Repeats?

        /// Masks against those of a reference, which is another run.
        struct Parity: Sendable {
            var reference: String
            /// Nil for the reference itself.
            var masks: MaskParity?
        }

        /// A run together with those that repeat it.
        struct Repeats: Sendable {
            var medians: NestedMedians
            /// Timed compute samples of all of them, with the agent's session that each was made in.
            var runs: [(session: String, ns: [Int64])]
            /// Of the samples of all of them together.
            var pooled: LatencySummary?
            var pooledEndToEnd: LatencySummary?
            /// Whether this run stands for all in tables and charts.
            var isShown: Bool
        }
    }
}

extension ReportModel.Entry {
    var id: Int64 { run.summary.id }
    /// The board, by its name in targets.json.
    public var target: String { run.summary.target }
    /// Which build of the network it is.
    public var variant: String { run.summary.variant }
    var scenario: Scenario { run.summary.scenario }
    var hasSucceeded: Bool { run.summary.outcome == .succeeded }
    var isEmulated: Bool { run.summary.emulated }
    /// The failure's code, or else the outcome.
    var failureCode: String { run.summary.failureCode ?? run.summary.outcome.rawValue }
    var failureMessage: String { run.summary.failureMessage ?? "" }
    /// Memory that the module takes, in bytes.
    var modelMemoryBytes: Int? { run.summary.modelMemoryBytes }

    /// Whether it is no repeat of a run that is shown.
    var isShown: Bool { repeats?.isShown != false }
    /// Whether its time may be compared with others'.
    var isRanked: Bool { compute != nil && !isEmulated && hasSucceeded }
    /// Those it may be ranked among.
    var group: RankingGroup { RankingGroup(run) }

    /// Percentiles of the compute times, of repeated runs of all their samples.
    var spread: LatencySummary? { repeats?.pooled ?? compute }
    /// The same from image to mask.
    var endToEndSpread: LatencySummary? { repeats?.pooledEndToEnd ?? endToEnd }
    /// All timed compute times, of repeated runs of all of them.
    var allSamples: [Int64] { repeats?.runs.flatMap(\.ns) ?? samples }
    /// The median compute time, of repeated runs their location, in nanoseconds.
    var median: Double? { repeats?.medians.location ?? compute?.median }
    /// Its 95% interval.
    var medianInterval: Interval? { repeats?.medians.interval ?? compute?.medianInterval }

    /// Target, variant and, if it is not single-stream, scenario, for labels.
    var label: String {
        "\(target) · \(variant)" + (scenario == ScenarioText.ordinary ? "" : " · \(scenario.rawValue)")
            + (isShown ? "" : " · run \(id)")
    }
}
