import AgentAPI
import Results
import Statistics
import Store

/// Folds a job's events into the row that is stored; pure, so that a log read twice gives the same row.
public struct RunAccumulator: Sendable {
    /// What is known of the run so far.
    public private(set) var result: RunResult
    private var record = ConditionsRecord()
    private var readings: HealthReadings?
    private var limits = HealthLimits()
    private var idleWait: IdleWait?
    private let settings: RunSettings

    /// For attempt `attempt` of a run on `device`, begun at `startedAt` by the coordinator's clock.
    ///
    /// `settings` are what its queries are checked by.
    public init(jobID: String, attempt: Int, device: String, startedAt: String, settings: RunSettings = RunSettings()) {
        self.settings = settings
        result = RunResult(
            jobID: jobID, attempt: attempt, outcome: .lost, startedAt: startedAt, endedAt: startedAt, device: device)
        result.failure = Failure(.lost, "the job's end was never reported.")
        result.scenario = settings.knownScenario ?? .singleStream
    }

    /// Adds the board, its state before the run, and when its agent was started.
    public mutating func asked(_ board: BoardRecord, _ conditions: BoardConditions?, agentStartedAt: String? = nil) {
        result.board = board
        result.agentStartedAt = agentStartedAt
        record.before = conditions
    }

    /// Adds the board's state after the run.
    public mutating func askedAgain(_ conditions: BoardConditions?) { record.after = conditions }

    /// Adds the limits of health, and how the board came to rest before the run, if that was asked for.
    public mutating func prepared(limits: HealthLimits, idleWait: IdleWait?) {
        (self.limits, self.idleWait) = (limits, idleWait)
    }

    /// Adds what was sent to the board.
    public mutating func prepared(transferNs: Int64, sentBytes: Int, skippedBytes: Int) {
        result.sentBytes = sentBytes
        result.skippedBytes = skippedBytes
        result.phases.append(Phase(.transfer, durationNs: transferNs))
    }

    /// Adds one event.
    public mutating func add(_ event: JobEvent) {
        switch event.content {
        case .queued, .started: break
        case .runner(let event): add(event)
        case .health(let readings): self.readings = readings
        case .ended(let outcome, let failure, let maxResidentBytes):
            (result.outcome, result.failure, result.maxResidentBytes) = (outcome, failure, maxResidentBytes)
        }
    }

    /// Ends the run with a failure of the coordinator's own.
    public mutating func end(_ outcome: Outcome, _ failure: Failure) {
        (result.outcome, result.failure) = (outcome, failure)
    }

    /// The finished row.
    public func finished(at time: String, pictures: [SlicePicture], masks: [PredictedMask] = []) -> RunResult {
        var result = result
        // Of a run that did not end nothing is scored.
        if result.outcome == .succeeded { result.masks = masks }
        result.endedAt = time
        result.conditionsJSON = record.json
        result.throttling = record.throttling(on: result.device)
        result.health = readings.map { assessed($0, result) }
        result.windows = windows(result)
        result.pictures = pictures
        if result.outcome == .succeeded, let rules = settings.rules(offlineSamples: result.queries.count) {
            result.validity = RunValidity(
                rules, targetQueriesPerSecond: settings.targetQueriesPerSecond, result.queries)
        }
        return result
    }

    private func windows(_ result: RunResult) -> [Window] {
        let length = settings.windowNs ?? WindowedSamples.usualNs
        guard let divided = WindowedSamples(result.samples, result.queries, windowNs: length) else { return [] }
        let health = Dictionary((readings?.windows ?? []).map { ($0.index, $0) }) { first, _ in first }
        return divided.windows.map { Window($0, health: health[$0.index]) }
    }

    private func assessed(_ readings: HealthReadings, _ result: RunResult) -> Health {
        var reasons = HealthAssessment.reasons(
            readings, trend: Trend(result.timedComputeNs), idleWait: idleWait, limits: limits)
        // What the agent did not see happen: a GPU's, or that of a Pi without a file for it.
        for word in record.throttling(on: result.device, certain: true)
        where readings.throttling?.contains(word) != true { reasons.append(word) }
        return Health(
            readings, degraded: reasons.isEmpty ? nil : reasons.joined(separator: "; "), limits: limits,
            idleWait: idleWait)
    }

    private mutating func add(_ event: RunnerEvent) {
        switch event {
        case .settings(let settings):
            result.effectiveSettingsJSON = Planner.text(settings)
            result.threads = settings.threads
        case .phaseFinished(let phase, let durationNs, let memory):
            result.phases.append(Phase(phase, durationNs: durationNs, memory: memory))
        case .samples(let chunk): result.samples += chunk.samples
        case .queries(let chunk): result.queries += chunk.queries
        case .warmedUp(let calls, let reason):
            result.warmUpCalls = calls
            result.warmUpReason = reason
        case .slice(let score): result.slices.append(score)
        case .masks(let digest, _): result.masksDigest = digest.hex
        case .phaseStarted, .progress, .profile, .log, .failed, .done: break
        }
    }
}
