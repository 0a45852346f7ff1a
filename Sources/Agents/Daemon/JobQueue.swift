import POSIX
import AgentAPI
import Glibc

/// All jobs of an agent: one at a time, whatever its device, in the order they came. A second one on another device would
/// take memory bandwidth and clock from the first; docs/decisions/0010-one-job-a-board.md.
final class JobQueue: Sendable {
    private struct State {
        var jobs: [String: Job] = [:]
        var waiting: [Job] = []
        var running: Job?
        /// Whether the running job is to be cancelled.
        var isCancelled = false
        var nextSequence = 1
        var isStopping = false
        var isWorking = false
    }

    private let root: String
    private let execute: @Sendable (Job, Wakeup, () -> RunnerProcess.Stop?) -> RunnerProcess.Ending
    private let state = Monitor(State())
    /// Set off when the running job should ask whether to stop.
    private let wakeup: Wakeup

    /// Recovers the jobs below `root`: what was running is `lost`, what waited waits again.
    ///
    /// `execute` runs one job and blocks; its second argument is set off when it should ask whether to stop.
    init(
        root: String, execute: @escaping @Sendable (Job, Wakeup, () -> RunnerProcess.Stop?) -> RunnerProcess.Ending
    ) throws(Failure) {
        self.root = root
        self.execute = execute
        wakeup = try asFailure {
            try Folder.make(root)
            return try Wakeup()
        }
        let found = Folder.names(root).compactMap { Job.load(folder: "\(root)/\($0)") }.sorted {
            $0.sequence < $1.sequence
        }
        for job in found {
            let log = job.log.current
            if log.isStarted, !log.isEnded {
                let failure = Failure(.lost, "the agent died while the job ran: dispatch again with --resume.")
                try job.log.append(.ended(.lost, failure: failure, maxResidentBytes: nil), durably: true)
            }
        }
        state.withLock { state in
            for job in found {
                state.jobs[job.id] = job
                state.nextSequence = max(state.nextSequence, job.sequence + 1)
                if !job.log.current.isEnded { state.waiting.append(job) }
            }
        }
    }

    /// Starts working.
    func start() {
        state.withLock { $0.isWorking = true }
        startThread { [self] in work() }
    }

    /// Adds a job, or finds the one of that id; throws `job-conflict` if that one is another.
    func submit(_ request: JobRequest) throws(Failure) -> (job: Job, isNew: Bool) {
        try state.withLock { (state) throws(Failure) in
            if let known = state.jobs[request.id] {
                guard known.request == request else {
                    throw Failure(.jobConflict, "job \(request.id) exists with other content: choose another id.")
                }
                return (known, false)
            }
            guard !state.isStopping else { throw Failure(.shuttingDown, "the agent is stopping: try again later.") }
            let job = try Job.create(request, sequence: state.nextSequence, root: root)
            state.nextSequence += 1
            state.jobs[job.id] = job
            state.waiting.append(job)
            return (job, true)
        }
    }

    func job(_ id: String) -> Job? { state.withLock { $0.jobs[id] } }

    /// All jobs, oldest first.
    var all: [JobStatus] {
        state.withLock { state in
            state.jobs.values.sorted { $0.sequence < $1.sequence }.map { $0.status(position: position($0, state)) }
        }
    }

    func status(_ job: Job) -> JobStatus { state.withLock { job.status(position: position(job, $0)) } }

    private func position(_ job: Job, _ state: State) -> Int {
        guard let index = state.waiting.firstIndex(where: { $0 === job }) else { return 0 }
        return index + (state.running == nil ? 0 : 1)
    }

    /// Jobs that run and that wait.
    var counts: (running: Int, queued: Int) { state.withLock { ($0.running == nil ? 0 : 1, $0.waiting.count) } }

    /// Cancels a job that waits at once, and one that runs as soon as its runner is gone; an ended one stays as it is.
    func cancel(_ job: Job) throws(Failure) {
        let wasWaiting = state.withLock { state -> Bool in
            if let index = state.waiting.firstIndex(where: { $0 === job }) {
                state.waiting.remove(at: index)
                return true
            }
            if state.running === job {
                state.isCancelled = true
                wakeup.signal()
            }
            return false
        }
        if wasWaiting {
            let failure = Failure(.cancelled, "the job was cancelled before it ran.")
            try job.log.append(.ended(.cancelled, failure: failure, maxResidentBytes: nil), durably: true)
        }
    }

    /// Stops the running job, which ends as `lost`, ends all event streams, and returns when the worker is done.
    func stop() {
        state.withLock { $0.isStopping = true }
        wakeup.signal()
        state.wait { $0.isWorking ? nil : () }
        for job in state.withLock({ Array($0.jobs.values) }) { job.log.closeStreams() }
    }

    private func work() {
        while true {
            let job = state.wait { state -> Job?? in
                if state.isStopping { return .some(nil) }
                guard !state.waiting.isEmpty else { return nil }
                let job = state.waiting.removeFirst()
                (state.running, state.isCancelled) = (job, false)
                return job
            }
            guard let job else { break }
            let ending = execute(job, wakeup) { [self] in
                wakeup.clear()
                return state.withLock { state in
                    if state.isCancelled { return .cancelled }
                    return state.isStopping ? .shutdown : nil
                }
            }
            // Before anybody can read of the end: who asks then finds the board free.
            state.withLock { $0.running = nil }
            end(job, ending)
        }
        state.withLock { $0.isWorking = false }
    }

    private func end(_ job: Job, _ ending: RunnerProcess.Ending) {
        let content = JobEvent.Content.ended(
            ending.state, failure: ending.failure, maxResidentBytes: ending.maxResidentBytes)
        do throws(Failure) {
            try job.log.append(content, durably: true)
        } catch {
            // The disk is full: after a restart the job is found without an end, and is lost.
            log("job \(job.id): its end cannot be written: \(error)")
            job.log.closeStreams()
        }
    }
}

/// One line on standard error; never a token.
func log(_ message: String) { try? StandardStream.error.write("\(Timestamp.now()) harness-agent: \(message)\n") }
