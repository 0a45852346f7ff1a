import POSIX
import CPOSIX
import Glibc

/// The kernel's hardware counters of one process, from its start: what it starts later is counted with it.
final class PerformanceCounters {
    /// Cycles, instructions and misses of the last cache since the process was started.
    struct Counts: Hashable {
        var cycles: Int
        var instructions: Int
        var cacheMisses: Int
    }

    private var descriptors: [Int32] = []
    /// Why nothing is counted; nil if something is.
    private(set) var problem: String?

    /// Opens them; must come before the process has threads, which are only counted if they begin afterwards.
    init(of process: pid_t) {
        for which in Int32(0)..<3 {
            let descriptor = harness_count(process, which)
            guard descriptor >= 0 else {
                problem = Self.reason(-descriptor)
                closeAll()
                return
            }
            descriptors.append(descriptor)
        }
    }

    deinit { closeAll() }

    /// What was counted; nil with a `problem` if nothing was.
    func read() -> Counts? {
        guard problem == nil else { return nil }
        var values: [Int] = []
        for descriptor in descriptors {
            var count: Int64 = 0
            let status = harness_counted(descriptor, &count)
            guard status == 0 else {
                problem =
                    status == ENODATA ? "the counters never ran: other programs use them" : SystemError.reason(status)
                return nil
            }
            values.append(Int(count))
        }
        return Counts(cycles: values[0], instructions: values[1], cacheMisses: values[2])
    }

    private func closeAll() {
        descriptors.forEach { close($0) }
        descriptors = []
    }

    private static func reason(_ code: Int32) -> String {
        let error = "perf_event_open: \(SystemError.reason(code))"
        return switch code {
        case EACCES: "\(error); kernel.perf_event_paranoid is above 2"
        case EPERM: "\(error); a filter of system calls, or kernel.perf_event_paranoid above 2"
        case ENOENT, EOPNOTSUPP: "\(error); the CPU, or its hypervisor, has no such counter"
        case ENOSYS: "\(error); an emulator or a kernel without it"
        default: error
        }
    }
}
