import AgentAPI
import Glibc

/// TVM's shared libraries, opened for as long as the process lives: its threads and registries do not end before.
enum TVMLibraries {
    /// Opens what every device needs and returns libtvm_ffi; throws `Failure` with `tvm-missing`.
    static func open(in folder: String) throws(Failure) -> UnsafeMutableRawPointer {
        let ffi = try library("\(folder)/libtvm_ffi.so")
        _ = try library("\(folder)/libtvm_runtime.so")
        return ffi
    }

    /// Opens what a GPU needs besides, in the order in which they need each other, and returns CUDA's own runtime.
    ///
    /// Throws `Failure` with `device-missing` without a driver, and with `tvm-missing` without TVM's part.
    static func openCUDA(in folder: String) throws(Failure) -> UnsafeMutableRawPointer {
        // NVML, by which the agent names GPUs, counts along the PCI bus; CUDA's own order begins with the fastest.
        setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID", 1)
        guard dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL) != nil else {
            throw Failure(
                .deviceMissing, "NVIDIA's driver cannot be loaded: \(reason). Install the driver on the board.")
        }
        let ours = "\(folder)/libcudart.so.13"
        let cuda = try library(access(ours, R_OK) == 0 ? ours : "libcudart.so.13", cudaRemedy)
        _ = try library("\(folder)/libtvm_runtime_cuda.so", cudaRemedy)
        return cuda
    }

    private static let cudaRemedy = " Make the folder with “python -m unet runtime --cuda”."

    private static func library(_ path: String, _ remedy: String = "") throws(Failure) -> UnsafeMutableRawPointer {
        guard let handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL) else {
            throw Failure(.tvmMissing, "\(path) cannot be loaded: \(reason).\(remedy)")
        }
        return handle
    }

    private static var reason: String { dlerror().map { String(cString: $0) } ?? "no reason given" }

    /// A C function of an open library; throws `Failure` with `tvm-missing`.
    static func symbol<Function>(
        _ name: String, in library: UnsafeMutableRawPointer, of file: String
    ) throws(Failure) -> Function {
        guard let address = dlsym(library, name) else {
            throw Failure(
                .tvmMissing, "\(file) has no \(name): another version? Install the one named in runtime.json.")
        }
        return unsafeBitCast(address, to: Function.self)
    }
}
