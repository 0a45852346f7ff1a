import AgentAPI
import CTVM
import Glibc

/// A float32 tensor in this process's own memory, in the form in which TVM's functions take one.
final class HostTensor {
    let data: UnsafeMutablePointer<Float>
    private let shape: UnsafeMutablePointer<Int64>
    private let view: UnsafeMutablePointer<ctvm_tensor_view>

    /// Zeros of this shape; throws `out-of-memory`.
    init(shape sides: [Int]) throws(Failure) {
        let count = sides.reduce(1, *)
        // 64 bytes is what TVM's kernels may assume of a tensor's alignment.
        guard let memory = aligned_alloc(64, (count * MemoryLayout<Float>.size + 63) / 64 * 64) else {
            throw Failure(.outOfMemory, "no memory for an input of \(count) numbers.")
        }
        data = memory.bindMemory(to: Float.self, capacity: count)
        data.initialize(repeating: 0, count: count)
        shape = .allocate(capacity: sides.count)
        for (index, side) in sides.enumerated() { shape[index] = Int64(side) }
        view = .allocate(capacity: 1)
        view.initialize(
            to: ctvm_tensor_view(
                data: memory, device: .init(device_type: Int32(ctvm_device_cpu), device_id: 0),
                ndim: Int32(sides.count), dtype: .init(code: UInt8(ctvm_code_float), bits: 32, lanes: 1), shape: shape,
                strides: nil, byte_offset: 0))
    }

    deinit {
        free(data)
        shape.deallocate()
        view.deallocate()
    }

    /// Valid while this lives.
    var argument: ctvm_any {
        var any = ctvm_any()
        (any.type_index, any.pointer) = (Int32(ctvm_tensor_pointer), UnsafeMutableRawPointer(view))
        return any
    }
}
