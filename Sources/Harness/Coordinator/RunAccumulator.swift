import AgentAPI
import Statistics
import Store

/// Folds a job's events into the row that is stored; pure, so that a log told twice gives the same row.
public struct RunAccumulator: Sendable {
    public private(set) var result: RunResult
    /// Slices with the digests of their predicted masks' PNG files.
    public private(set) var masks: [(score: SliceScore, png: SHA256Digest)] = []
    private var record = ConditionsRecord()
    private var readings: HealthReadings?
    private var limits = HealthLimits()
    private var settling: Settling?
    private let settings: RunSettings

    /// For attempt `attempt` of a run on `device`, begun at `startedAt` by the coordinator's clock.
    ///
    /// `settings` are what its queries are judged by.
    public init(
        jobID: String, attempt: Int, device: String, startedAt: String, settings: RunSettings = RunSettings()
    ) {
        self.settings = settings
        result = RunResult(
            jobID: jobID, attempt: attempt, outcome: .lost, failureCode: FailureCode.lost.rawValue,
            failureMessage: "the job's end was never told.", startedAt: startedAt, endedAt: startedAt, device: device,
            scenario: settings.knownScenario?.rawValue ?? RunSettings().scenario)
    }

    /// Adds the board, its state before the run, and since when its agent lives.
    public mutating func asked(_ board: BoardRecord, _ conditions: BoardConditions?, agentStartedAt: String? = nil) {
        result.board = board
        result.agentStartedAt = agentStartedAt
        record.before = conditions
    }

    /// Adds the board's state after the run.
    public mutating func askedAgain(_ conditions: BoardConditions?) { record.after = conditions }

    /// Adds what health is judged by, and how the board came to rest before the run, if that was wished for.
    public mutating func prepared(limits: HealthLimits, settling: Settling?) {
        self.limits = limits
        self.settling = settling
    }

    /// Adds what was sent to the board.
    public mutating func prepared(transferNs: Int64, sentBytes: Int, skippedBytes: Int) {
        result.sentBytes = sentBytes
        result.skippedBytes = skippedBytes
        result.phases.append(
            Phase(name: "transfer", durationNs: transferNs, residentBytes: nil, peakResidentBytes: nil))
    }

    /// Adds one event.
    public mutating func add(_ event: JobEvent) {
        switch event.content {
        case .queued, .started: break
        case .runner(let event): add(event)
        case .health(let readings): self.readings = readings
        case .ended(let state, let failure, let maxResidentBytes):
            result.outcome = RunOutcome(rawValue: state.rawValue) ?? .failed
            result.failureCode = failure?.code.rawValue
            result.failureMessage = failure?.message
            result.maxResidentBytes = maxResidentBytes
        }
    }

    /// Ends the run with a failure of the coordinator's own.
    public mutating func end(_ outcome: RunOutcome, _ failure: Failure) {
        result.outcome = outcome
        result.failureCode = failure.code.rawValue
        result.failureMessage = failure.message
    }

    /// The finished row.
    public func finished(at time: String, pictures: [SlicePicture], masks: [PredictedMask] = []) -> RunResult {
        var result = result
        // Of a run that did not end nothing is scored.
        if result.outcome == .succeeded { result.masks = masks }
        result.endedAt = time
        result.conditionsJSON = record.json
        result.throttling = record.throttling(on: result.device)
        result.health = readings.map { judged($0, result) }
        result.windows = windows(result)
        result.pictures = pictures
        if result.outcome == .succeeded { result.judgement = JudgementRecord(settings, result.queries) }
        return result
    }

    private func windows(_ result: RunResult) -> [Window] {
        let length = settings.windowNs ?? WindowedSamples.usualNs
        guard let divided = WindowedSamples(result.samples, result.queries, windowNs: length) else { return [] }
        let health = Dictionary((readings?.windows ?? []).map { ($0.index, $0) }) { first, _ in first }
        return divided.windows.map { Window(latency: $0, health: health[$0.index]) }
    }

    private func judged(_ readings: HealthReadings, _ result: RunResult) -> Health {
        let timed = result.samples.filter { $0.phase == RunPhase.timed.rawValue }.map(\.computeNs)
        var reasons = HealthJudge.reasons(readings, trend: Trend(timed), settling: settling, limits: limits)
        // What the agent did not see happen: a GPU's, or that of a Pi without a file for it.
        for word in record.throttling(on: result.device, certain: true)
        where readings.throttling?.contains(word) != true { reasons.append(word) }
        return Health(
            readings: readings, degraded: reasons.isEmpty ? nil : reasons.joined(separator: "; "),
            limitsJSON: Planner.text(limits), settling: settling)
    }

    private mutating func add(_ event: RunnerEvent) {
        switch event {
        case .settings(let settings):
            result.effectiveSettingsJSON = Planner.text(settings)
            result.threads = settings.threads
        case .phaseFinished(let phase, let durationNs, let memory):
            result.phases.append(
                Phase(
                    name: phase.rawValue, durationNs: durationNs, residentBytes: memory.residentBytes,
                    peakResidentBytes: memory.peakResidentBytes, deviceBytes: memory.deviceBytes))
        case .samples(let chunk):
            for (offset, computeNs) in chunk.computeNs.enumerated() {
                func value(_ times: [Int64]?) -> Int64? {
                    times.flatMap { $0.indices.contains(offset) ? $0[offset] : nil }
                }
                result.samples.append(
                    Sample(
                        phase: chunk.phase.rawValue, index: chunk.first + offset, computeNs: computeNs,
                        endToEndNs: value(chunk.endToEndNs), hostToDeviceNs: value(chunk.hostToDeviceNs),
                        deviceToHostNs: value(chunk.deviceToHostNs)))
            }
        case .queries(let chunk):
            for (offset, issuedNs) in chunk.issuedNs.enumerated() {
                let latency = chunk.latencyNs.indices.contains(offset) ? chunk.latencyNs[offset] : nil
                result.queries.append(
                    Query(index: chunk.first + offset, issuedNs: issuedNs, latencyNs: latency))
            }
        case .warmedUp(let calls, let reason):
            result.warmUpCalls = calls
            result.warmUpReason = reason
        case .slice(let score):
            result.slices.append(
                SliceRecord(
                    patient: score.patient, sliceIndex: score.index, intersection: score.intersection,
                    predicted: score.predicted, truth: score.truth, largestIntersection: score.largestIntersection,
                    largestPredicted: score.largestPredicted, maskSHA256: score.maskSha256.hex))
            if let png = score.pngSha256 { masks.append((score, png)) }
        case .masks(let digest, _): result.masksDigest = digest.hex
        case .phaseStarted, .progress, .profile, .log, .failed, .done: break
        }
    }
}
