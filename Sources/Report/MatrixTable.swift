import Store

/// The matrix target × variant as text cells: one source for HTML, Markdown and the terminal.
struct MatrixTable {
    /// A column with how it is aligned and what it means.
    struct Column {
        var title: String
        var meaning: String
        var isNumber = true
    }

    static let columns = [
        Column(title: "Target", meaning: "Board, by its name in targets.json", isNumber: false),
        Column(title: "Variant", meaning: "Which build of the network", isNumber: false),
        Column(title: "Median", meaning: "Compute latency of one image: the call alone, input and output resident"),
        Column(title: "95% interval", meaning: "Bootstrap interval of the median"),
        Column(title: "p90", meaning: "90th percentile of compute latency"),
        Column(title: "p99", meaning: "99th percentile of compute latency"),
        Column(title: "End to end", meaning: "Median from 8-bit image to mask: normalise, call, threshold"),
        Column(title: "Images/s", meaning: "One over the median"),
        Column(title: "Peak", meaning: "Peak resident set of the runner's process"),
        Column(title: "Model", meaning: "Peak minus the resident set before the module was loaded"),
        Column(title: "Module", meaning: "Size of module.so"),
        Column(title: "Dice", meaning: "Mean over patients of the Dice pooled over each patient's slices"),
        Column(title: "Verdict", meaning: "Accuracy gate first, then speed within a target", isNumber: false),
    ]

    /// The cells of one run, as many as there are columns.
    static func cells(_ entry: ReportModel.Entry) -> [String] {
        let summary = entry.run.summary
        let interval = entry.compute.map {
            "\(Quantity.duration($0.medianInterval.lower)) … \(Quantity.duration($0.medianInterval.upper))"
        }
        return [
            summary.target + (summary.emulated ? " (emulated)" : ""), summary.variant,
            Quantity.duration(entry.compute?.median), interval ?? Quantity.unknown,
            Quantity.duration(entry.compute.map { Double($0.p90) }),
            Quantity.duration(entry.compute.map { Double($0.p99) }),
            Quantity.duration(entry.endToEnd?.median), Quantity.rate(entry.compute?.imagesPerSecond),
            Quantity.bytes(summary.peakResidentBytes), Quantity.bytes(summary.modelMemoryBytes),
            Quantity.bytes(summary.moduleSizeBytes), Quantity.dice(entry.dice?.patientMean), entry.verdict.word,
        ]
    }
}

/// Times of a run's phases as text cells.
struct PhaseTable {
    static let names = ["transfer", "runtime", "load", "first-call", "warm-up", "timed", "accuracy"]

    static func cells(_ entry: ReportModel.Entry) -> [String] {
        [entry.label]
            + names.map { name in
                let phase = entry.run.phases.first { $0.name == name }
                var text = Quantity.duration(phase.map { Double($0.durationNs) })
                if name == "warm-up", let calls = entry.run.warmUpCalls, let reason = entry.run.warmUpReason {
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
            ("Time", "\(summary.startedAt) to \(summary.endedAt)"), ("Bundle", summary.bundle),
            ("Module SHA-256", run.bundle.moduleSHA256), ("bundle.json SHA-256", run.bundle.manifestSHA256),
            ("Checkpoint SHA-256", run.bundle.checkpointSHA256 ?? Quantity.unknown),
            (
                "Model",
                "\(run.bundle.model), width \(run.bundle.width), depth \(run.bundle.depth), \(run.bundle.parameters) parameters"
            ),
            ("Compiled for", "\(run.bundle.architecture), \(run.bundle.tvmTargetJSON)"),
            ("Compiled with", "TVM \(run.bundle.tvmVersion)"),
            ("Source commit", run.bundle.sourceCommit ?? Quantity.unknown),
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
            let cpu = board.cpuModel ?? board.architecture
            pairs.append(
                (
                    "Board",
                    "\(cpu), \(board.cores) cores, \(Quantity.bytes(board.memoryBytes)), \(board.osName ?? "Linux"), kernel \(board.kernel)"
                ))
            pairs.append(("Hypervisor", board.hypervisor ?? "not seen"))
            pairs.append(("Governor", board.governor ?? "not available"))
            pairs.append(("Emulated", board.emulated ? "yes" : "no"))
            pairs.append(
                (
                    "Agent",
                    "\(board.agentVersion), instance \(board.agentInstance), TVM runtime \(board.tvmVersion ?? Quantity.unknown)"
                ))
        }
        pairs += [
            ("Device", run.device), ("Requested settings", run.requestedSettingsJSON),
            ("Effective settings", run.effectiveSettingsJSON ?? Quantity.unknown),
            (
                "Warm-up",
                "\(run.warmUpCalls.map(String.init) ?? Quantity.unknown) calls, ended by \(run.warmUpReason ?? Quantity.unknown)"
            ),
            ("Sent", "\(Quantity.bytes(run.sentBytes)); \(Quantity.bytes(run.skippedBytes)) were there"),
            ("Peak by wait4", Quantity.bytes(run.maxResidentBytes)),
            ("Masks SHA-256", run.masksDigest ?? Quantity.unknown),
            ("Dispatch", summary.dispatchID), ("Command", run.commandJSON),
            ("Harness", run.harnessVersion + (run.harnessCommit.map { ", commit \($0)" } ?? "")),
        ]
        if let dice = entry.dice {
            let interval = "\(Quantity.dice(dice.patientInterval.lower)) … \(Quantity.dice(dice.patientInterval.upper))"
            pairs.append(
                (
                    "Dice, mean over patients",
                    "\(Quantity.dice(dice.patientMean)), patient-bootstrap 95% interval \(interval)"
                ))
            pairs.append(("Dice, mean over slices, empty = 1", Quantity.dice(dice.sliceMeanEmptyOne)))
            pairs.append(("Dice, mean over slices with tumour", Quantity.dice(dice.sliceMeanTumourOnly)))
        }
        return pairs
    }
}
