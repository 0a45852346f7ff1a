import POSIX
import AgentAPI

/// What the kernel says of a process in `/proc/<pid>/status`.
public struct ProcessStatus: Sendable {
    private let fields: [Substring: Substring]

    /// Reads the file at `path`; nil if it cannot be read.
    public init?(path: String = "/proc/self/status") {
        guard let bytes = try? File.read(path) else { return nil }
        var fields: [Substring: Substring] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { fields[parts[0]] = parts[1].drop(while: { $0 == "\t" || $0 == " " }) }
        }
        self.fields = fields
    }

    /// `VmRSS` and `VmHWM`; nil if the kernel names neither.
    public var memory: MemorySnapshot? {
        guard let resident = bytes("VmRSS"), let peak = bytes("VmHWM") else { return nil }
        return MemorySnapshot(residentBytes: resident, peakResidentBytes: peak)
    }

    private func bytes(_ name: Substring) -> Int? {
        guard let parts = fields[name]?.split(separator: " "), parts.count == 2, parts[1] == "kB" else { return nil }
        return Int(parts[0]).map { $0 * 1024 }
    }

    /// Cores the process may run on, which containers and `taskset` make fewer than the board has.
    public var allowedCores: Int? { fields["Cpus_allowed_list"].flatMap { CoreList.count(String($0)) } }
}
