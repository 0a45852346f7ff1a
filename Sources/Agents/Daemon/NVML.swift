import AgentAPI
import Glibc

/// NVIDIA's management library, where a board's driver brought one: which GPUs there are, and their state.
///
/// Opened with `dlopen`, so that one agent serves boards with and without a GPU. Functions and numbers are those of nvml.h;
/// what a GPU does not report (`NVML_ERROR_NOT_SUPPORTED`) is nil.
final class NVML: Sendable {
    private typealias Device = UnsafeMutableRawPointer
    private typealias Number = UnsafeMutablePointer<UInt32>
    private typealias Text = UnsafeMutablePointer<CChar>

    // dlopen's handle may be used from any thread, and NVML calls itself thread-safe.
    private nonisolated(unsafe) let library: UnsafeMutableRawPointer
    private nonisolated(unsafe) let handles: [(index: UInt32, device: UnsafeMutableRawPointer)]

    /// Opens `path` and counts the GPUs; nil without a library, a driver or a GPU.
    init?(path: String = "libnvidia-ml.so.1") {
        guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else { return nil }
        self.library = library
        func function<Function>(_ name: String) -> Function? { Self.function(name, in: library) }
        typealias Initialise = @convention(c) () -> Int32
        typealias Count = @convention(c) (Number) -> Int32
        typealias Get = @convention(c) (UInt32, UnsafeMutablePointer<Device?>) -> Int32
        guard let initialise: Initialise = function("nvmlInit_v2"), initialise() == 0,
            let count: Count = function("nvmlDeviceGetCount_v2"),
            let get: Get = function("nvmlDeviceGetHandleByIndex_v2")
        else { return nil }
        var number: UInt32 = 0
        guard count(&number) == 0, number > 0 else { return nil }
        handles = (0..<number).compactMap { index in
            var device: Device?
            // A GPU that is lost keeps its number, or the others would be mistaken for each other.
            guard get(index, &device) == 0, let device else { return nil }
            return (index, device)
        }
    }

    /// The GPUs as devices that jobs can run on: `cuda:0` is the first on the PCI bus.
    var devices: [AgentInfo.Device] {
        let driver = text("nvmlSystemGetDriverVersion")
        let cuda = systemNumber("nvmlSystemGetCudaDriverVersion_v2").map { "\($0 / 1000).\($0 % 1000 / 10)" }
        return handles.map { index, device in
            var gpu = AgentInfo.Device(
                name: "cuda:\(index)", kind: "cuda", description: text("nvmlDeviceGetName", device) ?? "NVIDIA GPU")
            (gpu.computeCapability, gpu.memoryBytes) = (capability(device), memory(device)?.total)
            (gpu.driver, gpu.cudaVersion) = (driver, cuda)
            return gpu
        }
    }

    /// The GPUs' state now.
    var conditions: [BoardConditions.GPU] {
        handles.map { index, device in
            BoardConditions.GPU(device: "cuda:\(index)") {
                $0.graphicsClockMhz = number("nvmlDeviceGetClockInfo", device, of: Clock.graphics)
                $0.maximumGraphicsClockMhz = number("nvmlDeviceGetMaxClockInfo", device, of: Clock.graphics)
                $0.memoryClockMhz = number("nvmlDeviceGetClockInfo", device, of: Clock.memory)
                // Sensor 0 is the GPU's own.
                $0.celsius = number("nvmlDeviceGetTemperature", device, of: 0)
                $0.powerMilliwatts = number("nvmlDeviceGetPowerUsage", device)
                $0.powerLimitMilliwatts = number("nvmlDeviceGetEnforcedPowerLimit", device)
                $0.freeMemoryBytes = memory(device)?.free
                $0.throttleReasons = throttleReasons(device)
                $0.powerViolationNs = violation(device, of: Policy.power)
                $0.thermalViolationNs = violation(device, of: Policy.thermal)
            }
        }
    }

    // MARK: Single questions

    /// `nvmlClockType_t`.
    private enum Clock {
        static let graphics: UInt32 = 0
        static let memory: UInt32 = 2
    }

    /// `nvmlClocksEventReason…` of nvml.h; the first four are wishes, not distress, but slow a clock all the same.
    private static let reasons: [(bit: UInt64, word: String)] = [
        (0x1, "gpu-idle"), (0x2, "applications-clocks-setting"), (0x10, "sync-boost"),
        (0x100, "display-clock-setting"), (0x4, "sw-power-cap"), (0x8, "hw-slowdown"),
        (0x20, "sw-thermal-slowdown"), (0x40, "hw-thermal-slowdown"), (0x80, "hw-power-brake-slowdown"),
    ]

    private func throttleReasons(_ device: Device) -> [String]? {
        typealias Get = @convention(c) (Device, UnsafeMutablePointer<UInt64>) -> Int32
        return value("nvmlDeviceGetCurrentClocksThrottleReasons", UInt64(0)) { (get: Get, bits) in get(device, &bits) }
            .map { bits in Self.reasons.filter { bits & $0.bit != 0 }.map(\.word) }
    }

    /// `nvmlPerfPolicyType_t`.
    private enum Policy {
        static let power: UInt32 = 0
        static let thermal: UInt32 = 1
    }

    /// Nanoseconds since the driver was loaded for which a limit held the clock down.
    private func violation(_ device: Device, of policy: UInt32) -> Int? {
        // nvmlViolationTime_t: reference time, violation time.
        typealias Get = @convention(c) (Device, UInt32, UnsafeMutablePointer<UInt64>) -> Int32
        return value("nvmlDeviceGetViolationStatus", [UInt64](repeating: 0, count: 2)) {
            (get: Get, numbers: inout [UInt64]) in
            get(device, policy, &numbers)
        }.map { Int(clamping: $0[1]) }
    }

    private func memory(_ device: Device) -> (total: Int, free: Int)? {
        // nvmlMemory_t: total, free, used.
        typealias Get = @convention(c) (Device, UnsafeMutablePointer<UInt64>) -> Int32
        return value("nvmlDeviceGetMemoryInfo", [UInt64](repeating: 0, count: 3)) {
            (get: Get, numbers: inout [UInt64]) in
            get(device, &numbers)
        }.map { (Int(clamping: $0[0]), Int(clamping: $0[1])) }
    }

    private func capability(_ device: Device) -> String? {
        typealias Get = @convention(c) (Device, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>) -> Int32
        return value("nvmlDeviceGetCudaComputeCapability", (major: Int32(0), minor: Int32(0))) { (get: Get, version) in
            get(device, &version.major, &version.minor)
        }.map { "\($0.major).\($0.minor)" }
    }

    private func number(_ name: String, _ device: Device) -> Int? {
        typealias Get = @convention(c) (Device, Number) -> Int32
        return value(name, UInt32(0)) { (get: Get, number) in get(device, &number) }.map { Int($0) }
    }

    private func number(_ name: String, _ device: Device, of kind: UInt32) -> Int? {
        typealias Get = @convention(c) (Device, UInt32, Number) -> Int32
        return value(name, UInt32(0)) { (get: Get, number) in get(device, kind, &number) }.map { Int($0) }
    }

    private func systemNumber(_ name: String) -> Int? {
        typealias Get = @convention(c) (UnsafeMutablePointer<Int32>) -> Int32
        return value(name, Int32(0)) { (get: Get, number) in get(&number) }.map { Int($0) }
    }

    private func text(_ name: String, _ device: Device) -> String? {
        typealias Get = @convention(c) (Device, Text, UInt32) -> Int32
        return function(name).flatMap { (get: Get) in Self.text { get(device, $0, $1) } }
    }

    private func text(_ name: String) -> String? {
        typealias Get = @convention(c) (Text, UInt32) -> Int32
        return function(name).flatMap { (get: Get) in Self.text(get) }
    }

    /// What `call` makes of `value` with NVML's function called `name`; nil without the function, or if it returns an error.
    private func value<Function, Value>(
        _ name: String, _ value: Value, _ call: (Function, inout Value) -> Int32
    ) -> Value? {
        var value = value
        guard let function: Function = function(name), call(function, &value) == 0 else { return nil }
        return value
    }

    private static func text(_ get: (Text, UInt32) -> Int32) -> String? {
        // NVML's longest name, NVML_DEVICE_NAME_V2_BUFFER_SIZE.
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 96) { buffer in
            guard let start = buffer.baseAddress, get(start, UInt32(buffer.count)) == 0 else { return nil }
            return String(cString: start)
        }
    }

    private func function<Function>(_ name: String) -> Function? { Self.function(name, in: library) }

    private static func function<Function>(_ name: String, in library: UnsafeMutableRawPointer) -> Function? {
        dlsym(library, name).map { unsafeBitCast($0, to: Function.self) }
    }
}
