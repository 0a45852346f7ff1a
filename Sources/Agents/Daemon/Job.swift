import POSIX
import JSON
import AgentAPI
import Glibc

/// A job on disk: its request, its events, its runner's output folder.
final class Job: Sendable {
    /// The request with the order it came in, which a restarted agent keeps.
    struct Stored: Codable {
        var sequence: Int
        var request: JobRequest
    }

    let request: JobRequest
    let sequence: Int
    let folder: String
    let log: EventLog

    var id: String { request.id }
    var inputFile: String { folder + "/runner-job.json" }
    /// The module, while the job runs, under a name with its own ending, by which libraries know what it is.
    var moduleFile: String {
        let ending = request.bundle.module.file.split(separator: ".").last ?? ""
        return "\(folder)/module.\(ending.filter { $0.isASCII && ($0.isLetter || $0.isNumber) })"
    }
    var outputFolder: String { folder + "/output" }

    private init(folder: String, stored: Stored, log: EventLog) {
        (self.folder, self.log) = (folder, log)
        (request, sequence) = (stored.request, stored.sequence)
    }

    /// Writes a new job below `root`, durably, with its first event.
    static func create(_ request: JobRequest, sequence: Int, root: String) throws(Failure) -> Job {
        let folder = "\(root)/\(request.id)"
        let stored = Stored(sequence: sequence, request: request)
        guard let bytes = try? WireJSON.encode(stored) else { preconditionFailure("requests always encode") }
        try asFailure {
            try Folder.make(folder)
            try File.write(bytes, to: folder + "/request.json", durably: true)
        }
        let job = Job(folder: folder, stored: stored, log: try EventLog(path: folder + "/events.ndjson"))
        try job.log.append(.queued, durably: true)
        return job
    }

    /// Reads a job an earlier agent left; nil if its request never became whole.
    static func load(folder: String) -> Job? {
        guard let bytes = try? File.read(folder + "/request.json"),
            let stored = try? WireJSON.decode(Stored.self, from: bytes),
            let log = try? EventLog(path: folder + "/events.ndjson")
        else { return nil }
        return Job(folder: folder, stored: stored, log: log)
    }

    /// Whether `id` may be a job's name, and so a folder's.
    static func isValid(id: String) -> Bool {
        (1...128).contains(id.utf8.count) && !id.hasPrefix(".")
            && id.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// The job's state as far as its log tells; `position` counts the jobs before it.
    func status(position: Int) -> JobStatus {
        let log = log.current
        let state = log.end.map { JobState.ended($0.state) } ?? (log.isStarted ? .running : .queued)
        var status = JobStatus(id: id, state: state, device: request.device)
        status.failure = log.end?.failure
        (status.queuePosition, status.lastEvent) = (position, log.lastNumber)
        return status
    }
}
