import POSIX
import AgentAPI
import Glibc

/// Runs one job: prepares its files, supervises its runner, takes in the masks it leaves.
struct JobExecution: Sendable {
    let blobs: BlobStore
    let runners: [String: RunnerCommand]
    let tvmFolder: String?
    let facts: BoardFacts

    /// Blocks until the runner is gone.
    func run(_ job: Job, wakeup: Wakeup, stop: () -> RunnerProcess.Stop?) -> RunnerProcess.Ending {
        do throws(Failure) {
            guard let command = runners[job.request.runner] else {
                throw Failure(.runnerMissing, "there is no runner “\(job.request.runner)”.")
            }
            Folder.remove(job.outputFolder)
            try asFailure { try Folder.make(job.outputFolder) }
            try linkModule(job)
            let process = try RunnerProcess(command, job: description(job), inputFile: job.inputFile)
            let watch = HealthWatch(process.id, facts: facts, windowNs: job.request.settings.windowNs)
            try job.log.append(.started(processID: Int(process.id)), durably: true)
            log("job \(job.id): started as process \(process.id)")
            var ending = process.supervise(wakeup: wakeup, stop: stop, tick: watch.tick) { (event) throws(Failure) in
                let readings = watch.record(event)
                if case .slice(let score) = event, let png = score.pngSha256 { try adopt(png, of: job) }
                try job.log.append(.runner(event))
                if let readings { try job.log.append(.health(readings)) }
            }
            if ending.state == .succeeded, let failure = ending.failure {
                ending = .init(state: .failed, failure: failure)
            }
            log("job \(job.id): \(ending.state.rawValue)\(ending.failure.map { ": \($0)" } ?? "")")
            Folder.remove(job.outputFolder)
            unlink(job.moduleFile)
            return ending
        } catch {
            log("job \(job.id): \(error)")
            return .init(state: .failed, failure: error)
        }
    }

    /// Libraries recognise a module by the suffix of its name, which a blob does not have.
    private func linkModule(_ job: Job) throws(Failure) {
        unlink(job.moduleFile)
        guard link(blobs.path(job.request.bundle.module.sha256), job.moduleFile) == 0 else {
            throw Failure(SystemError("\(job.moduleFile) cannot be created"))
        }
    }

    private func description(_ job: Job) -> RunnerJob {
        RunnerJob(
            job.request, modulePath: job.moduleFile,
            dataset: job.request.datasetSha256.map { .init(manifestPath: blobs.path($0), blobFolder: blobs.folder) },
            tvmFolder: tvmFolder, outputFolder: job.outputFolder)
    }

    /// A predicted mask becomes a blob before the event that names it is visible.
    private func adopt(_ digest: SHA256Digest, of job: Job) throws(Failure) {
        if blobs.size(digest) != nil { return }
        let found = try blobs.adopt("\(job.outputFolder)/\(digest.hex).png")
        guard found == digest else {
            throw Failure(.runnerProtocol, "the content of the runner's mask \(digest.short) does not match its name.")
        }
    }
}
