import JSON
import AgentClient
import AgentAPI
import FoundationEssentials
import Synchronization

/// A search for schedules, as requested by the user.
public struct TuningRequest: Sendable {
    /// The fleet `target` belongs to.
    public var fleet: Fleet
    /// The board to measure on.
    public var target: Fleet.Target
    /// A program that understands `-m unet tune`.
    public var python: String
    /// Path of the trained network.
    public var checkpoint: String
    /// Folder of the tuning database; the search's own default if nil.
    public var database: String?
    /// Time limit of the search; nil for none.
    public var budgetNs: Int64?
    /// Only these layers, as the search names them; all if empty.
    public var layers: [String] = []
    /// Whether to repeat what the database has from an earlier search on such a board.
    public var again = false
    /// How a candidate is measured.
    public var settings: RunSettings

    /// A search without limits: for all layers, with all candidates.
    public init(fleet: Fleet, target: Fleet.Target, python: String, checkpoint: String, settings: RunSettings) {
        (self.fleet, self.target, self.python) = (fleet, target, python)
        (self.checkpoint, self.settings) = (checkpoint, settings)
    }

    /// The command line of the search.
    var arguments: [String] {
        var arguments = [python, "-m", "unet", "tune", "--target", target.name, "--targets", fleet.path]
        arguments += ["--checkpoint", checkpoint, "--measure", "stdio"]
        if let database { arguments += ["--database", database] }
        if let budgetNs { arguments += ["--budget-seconds", "\((budgetNs + 999_999_999) / 1_000_000_000)"] }
        if again { arguments.append("--again") }
        return arguments + layers.flatMap { ["--layer", $0] }
    }
}

/// A search for schedules, which runs on this machine and has its candidates measured by the target's agent.
///
/// The search is a child process and saves its own database entry by entry: however it ends, what was measured is kept.
public struct TuningSession: Sendable {
    private let request: TuningRequest
    private let localAgents: LocalAgents
    private let report: @Sendable (TuningEvent) -> Void

    /// A session that calls `report` with each event, from any thread.
    public init(_ request: TuningRequest, localAgents: LocalAgents, report: @escaping @Sendable (TuningEvent) -> Void) {
        (self.request, self.localAgents, self.report) = (request, localAgents, report)
    }

    /// Runs the search to its end; throws `Failure` with the board's or the search's reason.
    ///
    /// When it returns or throws, or is cancelled, the child has ended.
    public func run() async throws -> TuningSummary {
        let board = try await BoardConnection.open(request.target, in: request.fleet, localAgents: localAgents)
        defer { board.close() }
        let info = try await board.client.info()
        emit(.connected(info))
        try check(info)
        let search = try LineProcess(request.arguments)
        do {
            var settings = request.settings
            let cores = info.board.cores
            settings.threads = settings.threads ?? request.target.threads
            if let problem = info.board.tooFew(coresFor: settings.threads) { emit(.notice(problem)) }
            search.send(try WireJSON.encode(SearchAnswer.board(info, threads: min(settings.threads ?? cores, cores))))
            let measurer = CandidateMeasurer(
                client: board.client, device: request.target.device, settings: settings,
                session: "tune-\(UUID().uuidString.lowercased())")
            let summary = try await converse(search, measurer)
            let ending = try await offPool { search.end(patience: 30) }
            guard let summary, ending.status == 0 else {
                throw Failure(
                    .searchEnded,
                    "the search ended with \(ending)\(summary == nil ? " before it was done" : ""); its own output is above. What was measured is kept: run the same command again to continue."
                )
            }
            emit(.finished(summary))
            return summary
        } catch {
            _ = try? await offPool { search.end(patience: 1) }
            try Task.checkCancellation()
            throw error
        }
    }

    /// Reports what would fail with every candidate before the search begins.
    private func check(_ info: AgentInfo) throws(Failure) {
        guard info.tvm != nil else {
            throw Failure(
                .tvmMissing, info.runtimeProblem ?? "the board has no TVM runtime: start its agent with --tvm DIR.")
        }
        _ = try info.device(named: request.target.device)
        if info.emulated {
            emit(
                .notice("the board is emulated: its times are meaningless, and schedules chosen by them suit no board.")
            )
        }
        if info.runningJobs + info.queuedJobs > 0 {
            emit(.notice("the board has other jobs, which run first."))
        }
    }

    // MARK: The protocol

    /// Numbers of candidates so far.
    private final class Tally: Sendable {
        struct Counts {
            var measured = 0
            var unmeasured = 0
            var slowed = 0
        }

        private let state = Mutex(Counts())
        var counts: Counts { state.withLock { $0 } }

        func add(_ answer: Result<CandidateTimes, Failure>) {
            state.withLock { counts in
                switch answer {
                case .success(let times):
                    counts.measured += 1
                    if times.throttling != nil { counts.slowed += 1 }
                case .failure: counts.unmeasured += 1
                }
            }
        }
    }

    /// Reads the search's messages while the board measures; nil if its output ends before it is done.
    private func converse(_ search: LineProcess, _ measurer: CandidateMeasurer) async throws -> TuningSummary? {
        let tally = Tally()
        let (requests, queue) = AsyncStream<CandidateRequest>.makeStream()
        let finished = try await withThrowingTaskGroup(of: (database: String, entries: Int)??.self) { group in
            group.addTask { .some(try await listen(to: search, queue)) }
            group.addTask {
                try await measure(requests, search, measurer, tally)
                return nil
            }
            while let result = try await group.next() {
                guard let finished = result else { continue }
                // The search no longer waits for outstanding candidates.
                group.cancelAll()
                return finished
            }
            return nil
        }
        let counts = tally.counts
        return finished.map {
            TuningSummary(
                database: $0.database, entries: $0.entries, measured: counts.measured, unmeasured: counts.unmeasured,
                slowed: counts.slowed)
        }
    }

    private func listen(
        to search: LineProcess, _ queue: AsyncStream<CandidateRequest>.Continuation
    ) async throws -> (database: String, entries: Int)? {
        for try await line in search.lines {
            let message: SearchMessage
            do { message = try WireJSON.decode(SearchMessage.self, from: line) } catch {
                let text = String(String(decoding: line, as: UTF8.self).prefix(120))
                throw Failure(
                    .searchProtocol,
                    "this version does not understand a message of the search: “\(text)” (\(error)). Are harness and the Python package from the same checkout?"
                )
            }
            switch message {
            case .plan(let candidates, let measured): emit(.planned(candidates: candidates, measured: measured))
            case .step(let step): emit(.step(step))
            case .measure(let request): queue.yield(request)
            case .chosen(let chosen): emit(.chosen(chosen))
            case .log(let message): emit(.notice(message))
            case .done(let database, let entries): return (database, entries)
            case .failed(let message): throw Failure(.searchFailed, message)
            }
        }
        try Task.checkCancellation()
        return nil
    }

    /// Measures one candidate after the other: uploading the next while one is timed would take cores and memory.
    private func measure(
        _ requests: AsyncStream<CandidateRequest>, _ search: LineProcess, _ measurer: CandidateMeasurer, _ tally: Tally
    ) async throws {
        var reported: Set<String> = []
        for await request in requests {
            emit(.measuring(request))
            let answer = try await measurer.measure(request)
            tally.add(answer)
            switch answer {
            case .success(let times):
                emit(.measured(request, times))
                if let why = times.throttling, reported.insert(why).inserted {
                    emit(
                        .notice(
                            "the board is throttled: \(why). Times measured meanwhile are marked; improve its cooling or power supply."
                        ))
                }
                search.send(try WireJSON.encode(SearchAnswer.measured(id: request.id, times)))
            case .failure(let failure):
                emit(.unmeasured(request, failure))
                search.send(try WireJSON.encode(SearchAnswer.unmeasured(id: request.id, failure)))
            }
        }
    }

    private func emit(_ content: TuningEvent.Content) { report(TuningEvent(content, target: request.target.name)) }
}
