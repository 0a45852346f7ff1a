import AgentAPI
import CTVM

/// One GPU: whether it is there, and how much of its memory is taken.
public final class CUDADevice {
    private typealias MemoryInfo = @convention(c) (UnsafeMutablePointer<Int>, UnsafeMutablePointer<Int>) -> Int32

    /// As TVM's functions take it.
    let name: ctvm_device
    private let memoryInfo: MemoryInfo
    private var freeBefore = 0

    /// Chooses GPU `index` for this process; throws `Failure` with `device-missing`.
    init(index: Int, runtime: TVMRuntime, cuda: UnsafeMutableRawPointer) throws(Failure) {
        name = ctvm_device(device_type: Int32(ctvm_device_cuda), device_id: Int32(index))
        memoryInfo = try TVMLibraries.symbol("cudaMemGetInfo", in: cuda, of: "libcudart.so.13")
        let arguments: [TVMArgument] = [.integer(Int64(ctvm_device_cuda)), .integer(Int64(index))]
        do throws(TVMError) {
            // Attribute 0 is kExist of TVM's DeviceAttrKind: the one question that never fails without a GPU.
            let exists = try runtime.invoke(runtime.global("runtime.GetDeviceAttr"), arguments + [.integer(0)])
            guard exists.integer == 1 else {
                throw TVMError(kind: "Missing", message: "there is no such GPU, or the driver is older than CUDA 13")
            }
            _ = try runtime.invoke(runtime.global("__tvm_set_device"), arguments)
        } catch {
            throw Failure(
                .deviceMissing, "cuda:\(index) cannot be used: \(error.message). “nvidia-smi” lists the board's GPUs.")
        }
        freeBefore = free ?? 0
    }

    /// Memory taken on the GPU since this was made, by this process or any other; nil if the driver does not report it.
    var takenBytes: Int? { free.map { max(0, freeBefore - $0) } }

    private var free: Int? {
        var (free, total) = (0, 0)
        return memoryInfo(&free, &total) == 0 ? free : nil
    }
}
