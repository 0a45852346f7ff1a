import AgentAPI
import CTVM

/// A module's input and output on a GPU, and the copies between there and pinned host memory.
///
/// Launches are asynchronous, so a time stamp means something only after `synchronise`; both copies synchronise by
/// themselves. Every argument is prepared once: nothing is allocated on our side afterwards.
final class CUDATransfer {
    private let runtime: TVMRuntime
    private let copyIn: TVMObject
    private let copyOut: TVMObject
    private let synchronisation: TVMObject
    /// Kept alive: the arguments below point into them.
    private let tensors: [TVMObject]
    private let arguments: UnsafeMutablePointer<ctvm_any>
    private let result: UnsafeMutablePointer<ctvm_any>
    /// The input on the GPU, as the module takes it.
    let input: ctvm_any
    /// Pinned host memory for the input and for the output.
    let hostInput: UnsafeMutablePointer<Float>
    let hostOutput: UnsafeMutablePointer<Float>

    init(device: CUDADevice, inputShape: [Int], outputShape: [Int], runtime: TVMRuntime) throws(TVMError) {
        self.runtime = runtime
        copyIn = try runtime.global("runtime.TVMTensorCopyFromBytes")
        copyOut = try runtime.global("runtime.TVMTensorCopyToBytes")
        synchronisation = try runtime.global("runtime.Device_StreamSync")
        let pinned = ctvm_device(device_type: Int32(ctvm_device_cuda_host), device_id: 0)
        let remote = try runtime.tensor(inputShape, on: device.name)
        let (from, to) = (try runtime.tensor(inputShape, on: pinned), try runtime.tensor(outputShape, on: pinned))
        tensors = [remote, from, to]
        (hostInput, hostOutput) = (Self.data(from), Self.data(to))
        input = TVMArgument.object(remote, typeIndex: Int32(ctvm_tensor)).value(text: nil)
        func bytes(_ shape: [Int]) -> Int64 { Int64(shape.reduce(MemoryLayout<Float>.size, *)) }
        // Three arguments of each call: copy in, copy out (whose tensor is another each time), synchronise.
        arguments = .allocate(capacity: 8)
        arguments.initialize(repeating: ctvm_any(), count: 8)
        arguments[0] = input
        arguments[1] = TVMArgument.pointer(hostInput).value(text: nil)
        arguments[2] = TVMArgument.integer(bytes(inputShape)).value(text: nil)
        arguments[4] = TVMArgument.pointer(hostOutput).value(text: nil)
        arguments[5] = TVMArgument.integer(bytes(outputShape)).value(text: nil)
        arguments[6] = TVMArgument.device(device.name).value(text: nil)
        arguments[7] = TVMArgument.integer(0).value(text: nil)
        result = .allocate(capacity: 1)
        result.initialize(to: ctvm_any())
    }

    deinit {
        arguments.deallocate()
        result.deallocate()
    }

    /// Copies the host's input to the GPU.
    func upload() throws(TVMError) { try call(copyIn, 0, 3) }

    /// Waits until the GPU has done all it was given.
    func synchronise() throws(TVMError) { try call(synchronisation, 6, 2) }

    /// Copies a tensor on the GPU to the host's output.
    func download(_ tensor: ctvm_any) throws(TVMError) {
        arguments[3] = tensor
        try call(copyOut, 3, 3)
    }

    private func call(_ function: TVMObject, _ first: Int, _ count: Int32) throws(TVMError) {
        try runtime.invokeRaw(function.handle, arguments + first, count, result)
    }

    private static func data(_ tensor: TVMObject) -> UnsafeMutablePointer<Float> {
        let view = (tensor.handle + MemoryLayout<ctvm_object>.size).assumingMemoryBound(to: ctvm_tensor_view.self)
        return (view.pointee.data + Int(view.pointee.byte_offset)).assumingMemoryBound(to: Float.self)
    }
}

extension TVMRuntime {
    /// A new float32 tensor on a device.
    func tensor(_ shape: [Int], on device: ctvm_device) throws(TVMError) -> TVMObject {
        let sides = shape.map { TVMArgument.integer(Int64($0)) }
        guard case .object(let sizes, let kind) = try invoke(global("ffi.Shape"), sides) else {
            throw TVMError(kind: "Unexpected", message: "ffi.Shape returned no shape")
        }
        let arguments: [TVMArgument] = [.object(sizes, typeIndex: kind), .float32, .device(device), .none]
        guard case .object(let tensor, _) = try invoke(global("runtime.TVMTensorAllocWithScope"), arguments) else {
            throw TVMError(kind: "Unexpected", message: "runtime.TVMTensorAllocWithScope returned no tensor")
        }
        return tensor
    }
}
