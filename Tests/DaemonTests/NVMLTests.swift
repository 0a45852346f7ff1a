import AgentAPI
import FoundationEssentials
import TestSupport
import Testing

@testable import AgentDaemon

/// No GPU is at hand where tests run, so NVML is played by a library with its functions.
@Suite struct NVMLTests {
    private func library(_ source: String) throws -> (NVML?, TemporaryFolder, String) {
        let folder = try TemporaryFolder()
        let path = try FakeNVML.library(source, in: folder)
        return (NVML(path: path), folder, path)
    }

    @Test("GPUs are devices with their compute capability; what one does not report is nil")
    func devices() throws {
        let (nvml, _, _) = try library(FakeNVML.twoGPUs)
        let devices = try #require(nvml).devices
        var first = AgentInfo.Device(name: "cuda:0", kind: "cuda", description: "NVIDIA RTX A2000")
        (first.computeCapability, first.memoryBytes) = ("8.6", 6 << 30)
        (first.driver, first.cudaVersion) = ("580.65.06", "13.0")
        var second = AgentInfo.Device(name: "cuda:1", kind: "cuda", description: "Orin")
        (second.computeCapability, second.driver, second.cudaVersion) = ("8.7", "580.65.06", "13.0")
        #expect(devices == [first, second])
    }

    @Test(
        "Clocks, temperature, power and throttle reasons are reported as NVML names them; what is not supported is nil")
    func conditions() throws {
        let (nvml, _, _) = try library(FakeNVML.twoGPUs)
        let gpus = try #require(nvml).conditions
        let first = BoardConditions.GPU(device: "cuda:0") {
            ($0.graphicsClockMhz, $0.maximumGraphicsClockMhz, $0.memoryClockMhz) = (1200, 2100, 6001)
            ($0.celsius, $0.powerMilliwatts, $0.powerLimitMilliwatts) = (71, 69500, 70000)
            ($0.freeMemoryBytes, $0.throttleReasons) = (6_000_000_000, ["sw-power-cap", "hw-thermal-slowdown"])
            ($0.powerViolationNs, $0.thermalViolationNs) = (900, 40)
        }
        #expect(gpus == [first, .init(device: "cuda:1")])
    }

    @Test(
        "Without a library, a driver, a GPU or a function there is no GPU",
        arguments: [
            "", "int nvmlInit_v2(void) { return 9; }",
            "int nvmlInit_v2(void) { return 0; } int nvmlDeviceGetCount_v2(unsigned *n) { *n = 0; return 0; } int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **d) { return 1; }",
            "int nvmlInit_v2(void) { return 0; } int nvmlDeviceGetCount_v2(unsigned *n) { *n = 1; return 0; }",
        ])
    func none(source: String) throws {
        #expect(NVML(path: "/nonexistent/libnvidia-ml.so.1") == nil)
        #expect(try library(source).0 == nil)
    }

    @Test("The agent offers the GPUs, reports their state anew each time, and holds a job for one against them")
    func agent() throws {
        let (_, folder, path) = try library(FakeNVML.twoGPUs)
        let agent = try AgentProcess(environment: ["HARNESS_NVML": path])
        let info = try agent.ask("GET", "/v1/info").decoded(AgentInfo.self)
        #expect(info.devices.map(\.name) == ["cpu:0", "cuda:0", "cuda:1"])
        #expect(info.conditions?.gpus.map(\.device) == ["cuda:0", "cuda:1"])
        let module = try contents("\(Fixtures.folder())/bundle-null/module.so")
        var request = try JobRequest.plain("x", module: module)
        request.device = "cuda:1"
        request.bundle.target.device = "cuda"
        request.bundle.requires?.cudaArch = "sm_90"
        let refused = try agent.post(request)
        #expect(refused.status == 422)
        #expect(refused.text.contains("wrong-cuda-architecture") && refused.text.contains("is sm_87"))
        withExtendedLifetime(folder) {}
    }
}
