import Statistics
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
        let run = entry.run
        let facts = Block.known([
            "Run": "\(entry.id), attempt \(run.summary.attempt), job \(run.jobID)",
            "Outcome": run.summary.outcome.rawValue, "Verdict": entry.gateResult.reason,
            "Time": "\(run.summary.startedAt) to \(run.summary.endedAt)",
        ])
        let parts: [[(String, String)]] = [
            facts, ScenarioText.pairs(run), SustainedSection.pairs(entry), bundle(run),
            run.board.map { board(entry, $0) } ?? [], circumstances(entry), entry.dice.map { dice(entry, $0) } ?? [],
        ]
        return parts.flatMap(\.self)
    }

    private static func bundle(_ run: RunDetail) -> [(String, String)] {
        let (bundle, module) = (run.bundle, ModuleProvenance(run))
        let dataset = run.dataset.map {
            "\($0.name)\($0.synthetic ? " (synthetic)" : ""): \(Format.count($0.patients, "patient")), \(Format.count($0.slices, "slice")), SHA-256 \($0.manifestSHA256)"
        }
        return Block.known([
            "Bundle": bundle.name, "Module SHA-256": bundle.moduleSHA256, "bundle.json SHA-256": bundle.manifestSHA256,
            "Checkpoint SHA-256": bundle.checkpointSHA256 ?? Format.unknown,
            "Model":
                "\(bundle.model), width \(bundle.width), depth \(bundle.depth), \(bundle.parameters) parameters",
            "Compiled for": "\(bundle.architecture), \(bundle.tvmTargetJSON)",
            "Runs with": "\(bundle.runner) \(bundle.frameworkVersion)",
            "Schedules": module.schedules, "Calibration": module.calibration,
            "Source commit": bundle.sourceCommit ?? Format.unknown,
            "Trained on": bundle.trainingDataset + (bundle.trainingSynthetic ? " (synthetic)" : ""),
            "Data set": dataset,
        ])
    }

    private static func board(_ entry: ReportModel.Entry, _ board: BoardRecord) -> [(String, String)] {
        let names = [board.model, board.cpuModel].compactMap(\.self)
        let cpu = names.isEmpty ? board.architecture : names.joined(separator: ", ")
        let before = Block.known([
            "Board":
                "\(cpu), \(Format.count(board.cores, "core")), \(Format.bytes(board.memoryBytes)), \(board.osName ?? "Linux"), kernel \(board.kernel)",
            "Hypervisor": board.hypervisor ?? "none detected", "Governor": board.governor ?? "not available",
            "Throttling": entry.run.throttling ?? "none reported by the board",
            "Conditions before and after": entry.run.conditionsJSON ?? "not available",
        ])
        let after = Block.known([
            "Emulated": board.emulated ? "yes" : "no",
            "Agent":
                "\(board.agentVersion), instance \(board.agentInstance), TVM runtime \(board.tvmVersion ?? Format.unknown)",
        ])
        return before + HealthText.pairs(entry) + after
    }

    private static func circumstances(_ entry: ReportModel.Entry) -> [(String, String)] {
        let run = entry.run
        let calls = run.warmUpCalls.map(String.init) ?? Format.unknown
        return Block.known([
            "Device": run.device, "Requested settings": run.requestedSettingsJSON,
            "Effective settings": run.effectiveSettingsJSON ?? Format.unknown,
            "Warm-up": "\(calls) calls, ended by \(run.warmUpReason ?? Format.unknown)",
            "Sent": "\(Format.bytes(run.sentBytes)); \(Format.bytes(run.skippedBytes)) already there",
            "Peak by wait4": Format.bytes(run.maxResidentBytes), "Masks SHA-256": run.masksDigest ?? Format.unknown,
            "Masks": entry.parity?.sentence ?? "not compared",
            "Dispatch": run.summary.dispatchID, "Command": run.dispatch.commandJSON,
            "Harness": run.dispatch.harnessVersion + (run.dispatch.harnessCommit.map { ", commit \($0)" } ?? ""),
            "Seal": run.seal ?? "none",
        ])
    }

    private static func dice(_ entry: ReportModel.Entry, _ dice: DiceSummary) -> [(String, String)] {
        Block.known([
            "Dice, mean over patients":
                "\(Format.dice(dice.patientMean)), patient-bootstrap 95% interval \(Format.dice(dice.patientInterval))",
            "Dice, mean over patients, largest component only": Format.dice(entry.diceLargest),
            "Dice, mean over slices, empty = 1": Format.dice(dice.sliceMeanEmptyOne),
            "Dice, mean over slices with tumour": Format.dice(dice.sliceMeanTumourOnly),
        ])
    }
}
