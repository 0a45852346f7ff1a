import JSON
import AgentClient
import AgentAPI
import POSIX
import Statistics
import Store

/// One target's runs, one after the other.
struct TargetQueue: Sendable {
    let target: Fleet.Target
    let runs: [OpenRun]
    let dispatch: String
    let request: DispatchRequest
    let store: ResultsStore
    let report: @Sendable (DispatchEvent) -> Void

    /// A run that is lost while its agent stays up (it was restarted) is tried this many times.
    private static let attemptsAtOnce = 2

    /// Does all runs; what cannot be done is stored as failed.
    func run(localAgents: LocalAgents) async throws -> (succeeded: Int, failed: Int) {
        if !target.isLocal, request.repeats.restarts > 1 {
            emit(.notice("its agent cannot be restarted from here: all rounds share one session"))
        }
        var counts = (succeeded: 0, failed: 0)
        var rest = runs[...]
        while let next = rest.first {
            // Each session of a local agent begins with a new process.
            let session = target.isLocal ? rest.prefix { $0.planned.restart == next.planned.restart } : rest
            rest = rest.dropFirst(session.count)
            let ended = try await run(session, localAgents: localAgents)
            counts = (counts.succeeded + ended.succeeded, counts.failed + ended.failed)
        }
        return counts
    }

    private func run(
        _ runs: ArraySlice<OpenRun>, localAgents: LocalAgents
    ) async throws -> (succeeded: Int, failed: Int) {
        do {
            let board = try await BoardConnection.open(target, in: request.fleet, localAgents: localAgents)
            defer { board.close() }
            let client = board.client
            let info = try await client.info()
            emit(.connected(info))
            if let problem = info.board.tooFew(coresFor: request.settings.threads ?? target.threads) {
                emit(.notice(problem))
            }
            var counts = (succeeded: 0, failed: 0)
            var answer: AgentInfo? = info
            for run in runs {
                try Task.checkCancellation()
                let outcome = try await perform(run, client, &answer)
                if outcome == .succeeded { counts.succeeded += 1 } else { counts.failed += 1 }
            }
            return counts
        } catch let failure as Failure {
            report(DispatchEvent(.unusable(failure), target: target.name))
            for run in runs { try await store(failure, of: run) }
            return (0, runs.count)
        }
    }

    // MARK: One run

    /// `answer` is what the agent has only just answered, if it has: it need not be asked again. It is asked once before a run, for what the run
    /// is checked against and begins from, and once behind it, for what the run did to the board.
    private func perform(_ run: OpenRun, _ client: AgentClient, _ answer: inout AgentInfo?) async throws -> Outcome {
        guard let bundle = request.bundles.first(where: { $0.manifestSha256.hex == run.planned.bundleManifestSHA256 })
        else {
            throw InputError(
                "a bundle of the plan is not among those given: its bundle.json has changed. Dispatch anew.")
        }
        let name = bundle.manifest.name
        let round = run.planned.round + 1
        emit(.runStarted(round: round, of: request.repeats.rounds), name)
        var outcome = Outcome.lost
        for attempt in run.attempt..<(run.attempt + Self.attemptsAtOnce) {
            let id = "\(dispatch)-\(run.planned.ordinal)-\(attempt)"
            var accumulator = RunAccumulator(
                jobID: id, attempt: attempt, device: target.device, startedAt: Timestamp.now(),
                settings: try settings(of: run))
            var pictures: [SlicePicture] = []
            var masks: [PredictedMask] = []
            do {
                try await measure(bundle, run, client, &answer, &accumulator)
                pictures = await PictureChooser(client: client, dataset: request.dataset).pictures(
                    accumulator.result.slices)
                masks = try await MaskFetcher(client: client, store: store).masks(accumulator.result.slices)
            } catch let failure as Failure {
                let isGone = [.connectionLost, .unreachable].contains(failure.code)
                accumulator.end(isGone ? .lost : .failed, failure)
            }
            // Cancelled in between: nothing of a run that may still end is stored.
            try Task.checkCancellation()
            let result = accumulator.finished(at: Timestamp.now(), pictures: pictures, masks: masks)
            let row = try await store.record(result, dispatch: dispatch, ordinal: run.planned.ordinal)
            emit(
                .ended(
                    result.outcome, run: row, failure: result.failure,
                    medianNs: LatencyFigures(result.timedComputeNs)?.medianNs, validity: result.validity?.status,
                    degraded: result.health?.degraded), name)
            outcome = result.outcome
            guard outcome == .lost else { break }
            answer = try? await client.info()
            if answer == nil { break }
        }
        return outcome
    }

    private func measure(
        _ bundle: BundleFolder, _ run: OpenRun, _ client: AgentClient, _ answer: inout AgentInfo?,
        _ accumulator: inout RunAccumulator
    ) async throws {
        let name = bundle.manifest.name
        let info = if let answer { answer } else { try await client.info() }
        answer = nil
        accumulator.asked(BoardRecord(info), info.conditions, agentStartedAt: info.agent.startedAt)
        // Before a byte is sent: what both sides say of themselves must fit.
        let preflight = Preflight(bundle: bundle.manifest, info: info, device: target.device)
        if let objection = preflight.objections.first { throw objection }
        let start = MonotonicClock.now()
        let pushed = try await Pusher(client: client).push(bundle, request.dataset)
        accumulator.prepared(
            transferNs: MonotonicClock.now() - start, sentBytes: pushed.sentBytes, skippedBytes: pushed.skippedBytes)
        emit(
            .pushed(
                sentFiles: pushed.sentFiles, sentBytes: pushed.sentBytes, skippedFiles: pushed.skippedFiles,
                skippedBytes: pushed.skippedBytes, moduleBytes: pushed.moduleBytes), name)
        let limits = target.health ?? HealthLimits()
        var idleWait: IdleWait?
        if let condition = request.idleCondition {
            emit(.notice("waiting for \(condition.description)"), name)
            idleWait = try await IdleWaiter(condition: condition, limits: limits) { try await client.info().conditions }
                .waitForIdle()
        }
        accumulator.prepared(limits: limits, idleWait: idleWait)
        let job = JobRequest(
            id: accumulator.result.jobID, bundle: bundle.manifest, datasetSha256: request.dataset?.sha256,
            device: target.device, settings: try settings(of: run))
        _ = try await client.submit(job)
        for try await event in client.events(job.id) {
            accumulator.add(event)
            emit(event, name)
        }
        // An agent that is gone by now does not spoil a run that has ended.
        accumulator.askedAgain(try? await client.info().conditions)
    }

    private func settings(of run: OpenRun) throws -> RunSettings {
        try WireJSON.decode(RunSettings.self, from: run.planned.settingsJSON.utf8)
    }

    private func emit(_ event: JobEvent, _ bundle: String) {
        switch event.content {
        case .runner(.phaseStarted(let phase)): emit(.phase(phase), bundle)
        case .runner(.progress(let phase, let done, let total)):
            emit(.progress(phase, done: done, total: total), bundle)
        case .runner(.log(let message)): emit(.notice(message), bundle)
        default: break
        }
    }

    private func emit(_ content: DispatchEvent.Content, _ bundle: String? = nil) {
        report(DispatchEvent(content, target: target.name, bundle: bundle))
    }

    private func store(_ failure: Failure, of run: OpenRun) async throws {
        let now = Timestamp.now()
        var accumulator = RunAccumulator(
            jobID: "\(dispatch)-\(run.planned.ordinal)-\(run.attempt)", attempt: run.attempt, device: target.device,
            startedAt: now, settings: try settings(of: run))
        accumulator.end(.failed, failure)
        let result = accumulator.finished(at: now, pictures: [])
        try await store.record(result, dispatch: dispatch, ordinal: run.planned.ordinal)
    }
}

extension BoardRecord {
    /// The facts that stay the same while a board does: what changes by the minute would make every run another board.
    init(_ info: AgentInfo) {
        var stable = info
        stable.agent.startedAt = ""
        stable.conditions = nil
        stable.runningJobs = 0
        stable.queuedJobs = 0
        self.init(
            agentInstance: info.agent.instance, agentVersion: info.agent.version, facts: info.board,
            emulated: info.emulated, factsJSON: Planner.text(stable))
        tvmVersion = info.tvm?.version
    }
}
