import Store
import Text

/// Where every number comes from, run by run.
enum ProvenanceSection: ReportSection {
    static func section(_ model: ReportModel) -> Section? {
        Section(
            title: "Provenance", about: "Where every number comes from.",
            blocks: model.entries.map { .details("\($0.label), run \($0.id)", [.pairs(pairs($0))]) })
    }

    /// Names and values, in the order a reader asks for them.
    static func pairs(_ entry: ReportModel.Entry) -> [(String, String)] {
        let (run, summary) = (entry.run, entry.run.summary)
        var pairs: [(String, String)] = [
            ("Run", "\(summary.id), attempt \(summary.attempt), job \(run.jobID)"),
            ("Outcome", summary.outcome.rawValue), ("Verdict", entry.gateResult.reason),
            ("Time", "\(summary.startedAt) to \(summary.endedAt)"),
        ]
        pairs += ScenarioText.pairs(run)
        pairs += SustainedSection.pairs(entry)
        pairs += [
            ("Bundle", summary.bundle),
            ("Module SHA-256", run.bundle.moduleSHA256), ("bundle.json SHA-256", run.bundle.manifestSHA256),
            ("Checkpoint SHA-256", run.bundle.checkpointSHA256 ?? Format.unknown),
            (
                "Model",
                "\(run.bundle.model), width \(run.bundle.width), depth \(run.bundle.depth), \(run.bundle.parameters) parameters"
            ),
            ("Compiled for", "\(run.bundle.architecture), \(run.bundle.tvmTargetJSON)"),
            ("Runs with", "\(run.bundle.runner) \(run.bundle.frameworkVersion)"),
        ]
        let module = ModuleProvenance(run)
        if let schedules = module.schedules { pairs.append(("Schedules", schedules)) }
        if let calibration = module.calibration { pairs.append(("Calibration", calibration)) }
        pairs += [
            ("Source commit", run.bundle.sourceCommit ?? Format.unknown),
            ("Trained on", run.bundle.trainingDataset + (run.bundle.trainingSynthetic ? " (synthetic)" : "")),
        ]
        if let dataset = run.dataset {
            let kind = dataset.synthetic ? " (synthetic)" : ""
            pairs.append(
                (
                    "Data set",
                    "\(dataset.name)\(kind): \(Format.count(dataset.patients, "patient")), \(Format.count(dataset.slices, "slice")), SHA-256 \(dataset.manifestSHA256)"
                ))
        }
        if let board = run.board {
            let names = [board.model, board.cpuModel].compactMap(\.self)
            let cpu = names.isEmpty ? board.architecture : names.joined(separator: ", ")
            pairs.append(
                (
                    "Board",
                    "\(cpu), \(Format.count(board.cores, "core")), \(Format.bytes(board.memoryBytes)), \(board.osName ?? "Linux"), kernel \(board.kernel)"
                ))
            pairs.append(("Hypervisor", board.hypervisor ?? "none detected"))
            pairs.append(("Governor", board.governor ?? "not available"))
            pairs.append(("Throttling", run.throttling ?? "none reported by the board"))
            pairs.append(("Conditions before and after", run.conditionsJSON ?? "not available"))
            pairs += HealthText.pairs(entry)
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
            ("Sent", "\(Format.bytes(run.sentBytes)); \(Format.bytes(run.skippedBytes)) already there"),
            ("Peak by wait4", Format.bytes(run.maxResidentBytes)),
            ("Masks SHA-256", run.masksDigest ?? Format.unknown),
            ("Masks", entry.parity.map(ParityText.sentence) ?? "not compared"),
            ("Dispatch", summary.dispatchID), ("Command", run.dispatch.commandJSON),
            ("Harness", run.dispatch.harnessVersion + (run.dispatch.harnessCommit.map { ", commit \($0)" } ?? "")),
            ("Seal", run.seal ?? "none"),
        ]
        if let dice = entry.dice {
            pairs.append(
                (
                    "Dice, mean over patients",
                    "\(Format.dice(dice.patientMean)), patient-bootstrap 95% interval \(Format.dice(dice.patientInterval))"
                ))
            pairs.append(("Dice, mean over patients, largest component only", Format.dice(entry.diceLargest)))
            pairs.append(("Dice, mean over slices, empty = 1", Format.dice(dice.sliceMeanEmptyOne)))
            pairs.append(("Dice, mean over slices with tumour", Format.dice(dice.sliceMeanTumourOnly)))
        }
        return pairs
    }
}
