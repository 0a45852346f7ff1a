import Store

/// The matrix target × variant as text cells: one source for HTML, Markdown and the terminal.
struct MatrixTable {
    /// A column: how it is laid out, what it means, and its cell for a run.
    struct Column: Sendable {
        /// What stands in it: words, a number, or a number that emulation makes meaningless.
        enum Kind {
            case text
            case number
            case time
        }

        var title: String
        var kind: Kind
        var meaning: String
        /// Whether a terminal shows it, too.
        var isShort = false
        var cell: @Sendable (ReportModel.Entry) -> String

        var isNumber: Bool { kind != .text }
    }

    /// Title of the column that a page colours.
    static let verdict = "Verdict"

    /// Those that these entries have something to say in.
    let columns: [Column]

    init(_ entries: [ReportModel.Entry]) {
        let hasGPU = entries.contains { $0.copies != nil || $0.run.summary.peakDeviceBytes != nil }
        let hasScenarios = entries.contains { $0.run.summary.scenario != ScenarioWords.usual }
        let hasBaseline = entries.contains { $0.speedUp != nil }
        let hasSchedules = entries.contains { ModuleProvenance($0.run).schedules != nil }
        let hasHealth = entries.contains { $0.run.health != nil }
        let hasRepeats = entries.contains { $0.repeats != nil }
        let groups: [(isShown: Bool, columns: [Column])] = [
            // What one chooses by comes first: a narrow window shows that much.
            (true, Self.identity), (hasScenarios, Self.scenario), (true, Self.judgement), (hasRepeats, Self.repeats),
            (true, Self.latency), (hasBaseline, Self.comparison), (hasHealth, Self.health), (true, Self.validity),
            (hasGPU, Self.gpu), (true, Self.size), (true, Self.parity), (true, Self.software),
            (hasSchedules, Self.making),
        ]
        columns = groups.filter(\.isShown).flatMap(\.columns)
    }

    /// What the speed-ups are against, as a sentence; nil where there are none.
    static func comparison(_ model: ReportModel) -> String? {
        guard !model.baselines.isEmpty else { return nil }
        return
            "Speed-up is the median of \(model.baselines.joined(separator: " or ")) over the run's own, both of one dispatch on one board."
    }

    /// The cells of one run, as many as there are columns.
    func cells(_ entry: ReportModel.Entry) -> [String] { columns.map { $0.cell(entry) } }

    private static let identity = [
        Column(title: "Target", kind: .text, meaning: "Board, by its name in targets.json", isShort: true) {
            $0.run.summary.target + ($0.run.summary.emulated ? " (emulated)" : "")
        },
        Column(title: "Variant", kind: .text, meaning: "Which build of the network", isShort: true) {
            $0.run.summary.variant
        },
    ]

    private static let software = [
        Column(title: "Runs with", kind: .text, meaning: "Runner, and the version of TVM or of its framework") {
            "\($0.run.bundle.runner) \($0.run.bundle.frameworkVersion)"
        }
    ]

    private static let making = [
        Column(
            title: "Schedules", kind: .text,
            meaning: "Whether the kernels' schedules were found by measuring, and where"
        ) { ModuleProvenance($0.run).schedules ?? Format.unknown }
    ]

    private static let repeats = [
        Column(
            title: "Runs", kind: .number, meaning: "Runs that repeat each other; the median is their location",
            isShort: true
        ) { "\($0.repeats?.medians.runs ?? 1)" }
    ]

    private static let scenario = [
        Column(title: "Scenario", kind: .text, meaning: "How queries were put, after MLPerf LoadGen", isShort: true) {
            $0.run.summary.scenario.rawValue
        }
    ]

    private static let validity = [
        Column(
            title: "Result", kind: .time,
            meaning:
                "The scenario's: single- and multi-stream the early-stopping estimate of the percentile of the queries' latencies, server and offline samples answered per second",
            isShort: true
        ) { ScenarioWords.result($0.run) },
        Column(
            title: "Validity", kind: .text,
            meaning:
                "Whether the result may be quoted, by LoadGen's rules: duration, queries, latency bound, early stopping",
            isShort: true
        ) { ScenarioWords.validity($0.run) },
    ]

    private static let latency = [
        Column(
            title: "Median", kind: .time,
            meaning: "Compute latency of one image: the call alone, input and output resident", isShort: true
        ) { Format.duration($0.median) },
        Column(
            title: "95% interval", kind: .time,
            meaning: "Of the median, by bootstrap; of repeated runs the widest of what samples, runs and restarts say"
        ) {
            guard let interval = $0.medianInterval else { return Format.unknown }
            return "\(Format.duration(interval.lower)) … \(Format.duration(interval.upper))"
        },
        Column(title: "p90", kind: .time, meaning: "90th percentile of compute latency", isShort: true) {
            Format.duration($0.spread.map { Double($0.p90) })
        },
        Column(title: "p99", kind: .time, meaning: "99th percentile of compute latency", isShort: true) {
            Format.duration($0.spread.map { Double($0.p99) })
        },
        Column(title: "End to end", kind: .time, meaning: "Median from 8-bit image to mask: normalise, call, threshold")
        {
            Format.duration($0.wholeSpread?.median)
        },
        Column(title: "Images/s", kind: .time, meaning: "One over the median", isShort: true) {
            Format.rate($0.median.map { 1e9 / $0 })
        },
    ]

    private static let comparison = [
        Column(
            title: "Speed-up", kind: .time,
            meaning:
                "The baseline's median over this one, of the same dispatch and board, with its bootstrap 95% interval",
            isShort: true
        ) {
            guard let speedUp = $0.speedUp else { return Format.unknown }
            if speedUp.baselineRun == $0.run.summary.id { return "1 (baseline)" }
            return "\(Format.ratio(speedUp.ratio)) (\(Format.interval(speedUp.interval)))"
        }
    ]

    private static let gpu = [
        Column(title: "To device", kind: .time, meaning: "Median of the input's copy to the GPU") {
            Format.duration($0.copies?.toDevice.median)
        },
        Column(title: "From device", kind: .time, meaning: "Median of the output's copy from the GPU") {
            Format.duration($0.copies?.fromDevice.median)
        },
        Column(title: "GPU memory", kind: .number, meaning: "Most memory taken on the GPU after its runtime was loaded")
        {
            Format.bytes($0.run.summary.peakDeviceBytes)
        },
    ]

    private static let size = [
        Column(title: "Peak", kind: .number, meaning: "Peak resident set of the runner's process") {
            Format.bytes($0.run.summary.peakResidentBytes)
        },
        Column(
            title: "Model", kind: .number, meaning: "Peak minus the resident set before the module was loaded",
            isShort: true
        ) { Format.bytes($0.run.summary.modelMemoryBytes) },
        Column(title: "Module", kind: .number, meaning: "Size of the module's file") {
            Format.bytes($0.run.summary.moduleSizeBytes)
        },
    ]

    private static let health = [
        Column(
            title: "Health", kind: .text, meaning: "Whether the board was fit to show what it can do while it measured",
            isShort: true
        ) { HealthWords.word($0) }
    ]

    private static let judgement = [
        Column(
            title: verdict, kind: .text, meaning: "Accuracy gate first, then speed within a target and scenario",
            isShort: true
        ) { $0.verdict.word },
        Column(
            title: "Dice", kind: .number,
            meaning: "Mean over patients of the Dice pooled over each patient's slices", isShort: true
        ) { Format.dice($0.dice?.patientMean) },
    ]

    private static let parity = [
        Column(
            title: "Masks", kind: .text,
            meaning:
                "Pixels that differ from the masks of one reference run of the same weights, and in how many slices"
        ) { ParityWords.word($0.parity) }
    ]
}

/// Times of a run's phases as text cells.
struct PhaseTable {
    static let names = RunPhase.allCases.filter { $0 != .profile }.map(\.rawValue)

    static func cells(_ entry: ReportModel.Entry) -> [String] {
        [entry.label]
            + names.map { name in
                let phase = entry.run.phases.first { $0.name.rawValue == name }
                var text = Format.duration(phase.map { Double($0.durationNs) })
                if phase?.name == .warmUp, let calls = entry.run.warmUpCalls, let reason = entry.run.warmUpReason {
                    text += " (\(calls) calls, \(reason))"
                }
                return text
            }
    }
}

/// Where a run's numbers come from, as pairs.
public enum Provenance {
    /// Names and values, in the order a reader asks for them.
    public static func pairs(_ entry: ReportModel.Entry) -> [(String, String)] {
        let (run, summary) = (entry.run, entry.run.summary)
        var pairs: [(String, String)] = [
            ("Run", "\(summary.id), attempt \(summary.attempt), job \(run.jobID)"),
            ("Outcome", summary.outcome.rawValue), ("Verdict", entry.verdict.reason),
            ("Time", "\(summary.startedAt) to \(summary.endedAt)"),
        ]
        pairs += ScenarioWords.pairs(run)
        pairs += SustainedWords.pairs(entry)
        pairs += [
            ("Bundle", summary.bundle),
            ("Module SHA-256", run.bundle.moduleSHA256), ("bundle.json SHA-256", run.bundle.manifestSHA256),
            ("Checkpoint SHA-256", run.bundle.checkpointSHA256 ?? Format.unknown),
            (
                "Model",
                "\(run.bundle.model), width \(run.bundle.width), depth \(run.bundle.depth), \(run.bundle.parameters) parameters"
            ),
            ("Made for", "\(run.bundle.architecture), \(run.bundle.tvmTargetJSON)"),
            ("Runs with", "\(run.bundle.runner) \(run.bundle.frameworkVersion)"),
        ]
        let making = ModuleProvenance(run)
        if let schedules = making.schedules { pairs.append(("Schedules", schedules)) }
        if let calibration = making.calibration { pairs.append(("Calibration", calibration)) }
        pairs += [
            ("Source commit", run.bundle.sourceCommit ?? Format.unknown),
            ("Trained on", run.bundle.trainingDataset + (run.bundle.trainingSynthetic ? " (synthetic)" : "")),
        ]
        if let dataset = run.dataset {
            let kind = dataset.synthetic ? " (synthetic)" : ""
            pairs.append(
                (
                    "Data set",
                    "\(dataset.name)\(kind): \(dataset.patients) patients, \(dataset.slices) slices, SHA-256 \(dataset.manifestSHA256)"
                ))
        }
        if let board = run.board {
            let names = [board.model, board.cpuModel].compactMap(\.self)
            let cpu = names.isEmpty ? board.architecture : names.joined(separator: ", ")
            pairs.append(
                (
                    "Board",
                    "\(cpu), \(board.cores) cores, \(Format.bytes(board.memoryBytes)), \(board.osName ?? "Linux"), kernel \(board.kernel)"
                ))
            pairs.append(("Hypervisor", board.hypervisor ?? "not seen"))
            pairs.append(("Governor", board.governor ?? "not available"))
            pairs.append(("Throttling", run.throttling ?? "none that the board told of"))
            pairs.append(("Conditions before and after", run.conditionsJSON ?? "not available"))
            pairs += HealthWords.pairs(entry)
            pairs.append(("Emulated", board.emulated ? "yes" : "no"))
            pairs.append(
                (
                    "Agent",
                    "\(board.agentVersion), instance \(board.agentInstance), TVM runtime \(board.tvmVersion ?? Format.unknown)"
                ))
        }
        pairs += [
            ("Device", run.device), ("Requested settings", run.requestedSettingsJSON),
            ("Effective settings", run.effectiveSettingsJSON ?? Format.unknown),
            (
                "Warm-up",
                "\(run.warmUpCalls.map(String.init) ?? Format.unknown) calls, ended by \(run.warmUpReason ?? Format.unknown)"
            ),
            ("Sent", "\(Format.bytes(run.sentBytes)); \(Format.bytes(run.skippedBytes)) were there"),
            ("Peak by wait4", Format.bytes(run.maxResidentBytes)),
            ("Masks SHA-256", run.masksDigest ?? Format.unknown),
            ("Masks", entry.parity.map(ParityWords.sentence) ?? "not compared"),
            ("Dispatch", summary.dispatchID), ("Command", run.commandJSON),
            ("Harness", run.harnessVersion + (run.harnessCommit.map { ", commit \($0)" } ?? "")),
            ("Seal", run.seal ?? "none"),
        ]
        if let dice = entry.dice {
            let interval = "\(Format.dice(dice.patientInterval.lower)) … \(Format.dice(dice.patientInterval.upper))"
            pairs.append(
                (
                    "Dice, mean over patients",
                    "\(Format.dice(dice.patientMean)), patient-bootstrap 95% interval \(interval)"
                ))
            pairs.append(("Dice, mean over patients, largest component only", Format.dice(entry.diceLargest)))
            pairs.append(("Dice, mean over slices, empty = 1", Format.dice(dice.sliceMeanEmptyOne)))
            pairs.append(("Dice, mean over slices with tumour", Format.dice(dice.sliceMeanTumourOnly)))
        }
        return pairs
    }
}
