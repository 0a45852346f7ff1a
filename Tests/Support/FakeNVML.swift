/// Stand-ins for NVIDIA's management library, as C to be compiled: no GPU is at hand where tests run.
public enum FakeNVML {
    /// Two GPUs, of which the second tells nothing that a small board would not.
    public static let twoGPUs = """
        #include <string.h>
        typedef int R; typedef unsigned U; typedef unsigned long long L;
        #define SECOND 3 /* NVML_ERROR_NOT_SUPPORTED */
        #define FIRST_ONLY(d) if (d != (void *)1) return SECOND
        R nvmlInit_v2(void) { return 0; }
        R nvmlDeviceGetCount_v2(U *n) { *n = 2; return 0; }
        R nvmlDeviceGetHandleByIndex_v2(U i, void **d) { *d = (void *)(i + 1L); return 0; }
        R nvmlSystemGetDriverVersion(char *t, U n) { strncpy(t, "580.65.06", n); return 0; }
        R nvmlSystemGetCudaDriverVersion_v2(int *v) { *v = 13000; return 0; }
        R nvmlDeviceGetName(void *d, char *t, U n) { strncpy(t, d == (void *)1 ? "NVIDIA RTX A2000" : "Orin", n); return 0; }
        R nvmlDeviceGetCudaComputeCapability(void *d, int *a, int *b) { *a = 8; *b = d == (void *)1 ? 6 : 7; return 0; }
        R nvmlDeviceGetMemoryInfo(void *d, L *m) { FIRST_ONLY(d); m[0] = 6442450944; m[1] = 6000000000; m[2] = 442450944; return 0; }
        R nvmlDeviceGetClockInfo(void *d, U kind, U *v) { FIRST_ONLY(d); *v = kind == 0 ? 1200 : 6001; return kind == 1; }
        R nvmlDeviceGetMaxClockInfo(void *d, U kind, U *v) { FIRST_ONLY(d); *v = 2100; return kind != 0; }
        R nvmlDeviceGetTemperature(void *d, U sensor, U *v) { FIRST_ONLY(d); *v = 71; return sensor != 0; }
        R nvmlDeviceGetPowerUsage(void *d, U *v) { FIRST_ONLY(d); *v = 69500; return 0; }
        R nvmlDeviceGetEnforcedPowerLimit(void *d, U *v) { FIRST_ONLY(d); *v = 70000; return 0; }
        R nvmlDeviceGetViolationStatus(void *d, U policy, L *v) { FIRST_ONLY(d); v[0] = 1; v[1] = policy == 0 ? 900 : 40; return policy > 1; }
        R nvmlDeviceGetCurrentClocksThrottleReasons(void *d, L *v) { FIRST_ONLY(d); *v = 0x4 | 0x40; return 0; }
        """

    /// Compiles one into `folder` and returns its path, for HARNESS_NVML.
    public static func library(_ source: String = twoGPUs, in folder: TemporaryFolder) throws -> String {
        let path = "\(folder.path)/libnvidia-ml.so.1"
        try compileC(source, to: path, options: ["-shared", "-fPIC"])
        return path
    }
}
