import AgentClient
import AgentAPI
import Statistics
import Store

/// Has a board measure candidates: push, run, take the times. Nothing is scored, and nothing is stored.
struct CandidateMeasurer: Sendable {
    let client: AgentClient
    let device: String
    let settings: RunSettings
    /// What job ids begin with: no other session's may be like it.
    let session: String

    /// A job that is lost while its agent stays up (it was restarted) is tried this many times.
    private static let attempts = 2
    /// Seconds an agent may stay away: it is being restarted, or the network is.
    private static let patience = 10
    /// What is wrong with the board and not with a candidate: no other would fare better.
    private static let ofTheBoard: [FailureCode] = [
        .unauthorised, .tlsFailed, .protocolError, .diskFull, .shuttingDown, .tvmMissing, .deviceMissing,
        .runnerMissing,
    ]

    /// The candidate's times, or why it has none; throws a `Failure` of the board's, after which nothing can be measured.
    func measure(_ request: CandidateRequest) async throws -> Result<CandidateTimes, Failure> {
        let bundle: BundleFolder
        do { bundle = try BundleFolder(folder: request.bundle) } catch {
            return .failure(Failure(.invalidRequest, error.message))
        }
        var last = Failure(.lost, "the job's end was never received.")
        for attempt in 1...Self.attempts {
            do {
                let answer = try await run(bundle, "\(session)-\(request.id)-\(attempt)")
                guard case .failure(let failure) = answer, failure.code == .lost else { return answer }
                last = failure
            } catch let failure as Failure {
                if Self.ofTheBoard.contains(failure.code) { throw failure }
                guard [.connectionLost, .unreachable].contains(failure.code) else { return .failure(failure) }
                last = failure
            }
            try await waitForAgent()
        }
        return .failure(last)
    }

    /// Throws if the agent stays away: that of a board that is gone.
    private func waitForAgent() async throws {
        for _ in 1..<Self.patience {
            if (try? await client.info()) != nil { return }
            try await Task.sleep(for: .seconds(1))
        }
        _ = try await client.info()
    }

    private func run(_ bundle: BundleFolder, _ id: String) async throws -> Result<CandidateTimes, Failure> {
        var conditions = ConditionsRecord()
        let info = try await client.info()
        conditions.before = info.conditions
        var job = RunAccumulator(jobID: id, attempt: 1, device: device, startedAt: Timestamp.now())
        try await BoardJob(client: client, device: device).run(bundle, id: id, settings: settings, info) { job.add($0) }
        conditions.after = try? await client.info().conditions
        let result = job.result
        if let failure = result.failure { return .failure(failure) }
        let times = result.timedComputeNs.sorted()
        guard let lowest = times.first, let figures = LatencyFigures(sorted: times) else {
            return .failure(Failure(.runnerProtocol, "the job succeeded and has no times."))
        }
        return .success(
            CandidateTimes(
                medianNs: Int64(figures.medianNs.rounded()), lowestNs: lowest, calls: times.count,
                throttling: conditions.throttling(on: device)))
    }
}
