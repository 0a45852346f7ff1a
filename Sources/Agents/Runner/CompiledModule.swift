import AgentWire
import CTVM
import Glibc

/// A module in TVM's virtual machine, ready to run on one device, with its input resident.
///
/// One input and one output, both float32, batch 1. The order of calls is the one of docs/decisions/0005-tvm-through-its-c-abi.md.
public final class CompiledModule {
    private let runtime: TVMRuntime
    private let machine: TVMObject
    private let main: TVMObject
    private let input: UnsafeMutablePointer<Float>
    private let inputShape: UnsafeMutablePointer<Int64>
    private let inputView: UnsafeMutablePointer<ctvm_tensor_view>
    private let argument: UnsafeMutablePointer<ctvm_any>
    private let result: UnsafeMutablePointer<ctvm_any>
    /// Numbers in the input and in the output.
    public let inputCount: Int
    /// Numbers in the output, from the manifest; checked at every call.
    public let outputCount: Int
    /// Threads TVM uses.
    public let threads: Int

    /// Loads the module and initialises its VM on CPU 0; throws `Failure` with `module-load`.
    public init(path: String, manifest: BundleManifest, runtime: TVMRuntime) throws(Failure) {
        guard let input = manifest.inputs.first, manifest.inputs.count == 1, let output = manifest.outputs.first,
            manifest.outputs.count == 1, input.dtype == "float32", output.dtype == "float32"
        else {
            throw Failure(
                .moduleLoad,
                "the runner handles modules of one float32 input and one float32 output; bundle.json says otherwise.")
        }
        self.runtime = runtime
        do {
            (machine, main) = try Self.start(path: path, entry: manifest.entry, runtime: runtime)
            threads = Int(try runtime.invoke(runtime.global("runtime.NumThreads"), []).integer ?? 0)
        } catch {
            throw Failure(.moduleLoad, "TVM cannot load the module: \(error)")
        }
        inputCount = input.shape.reduce(1, *)
        outputCount = output.shape.reduce(1, *)
        // 64 bytes is what TVM's kernels may assume of a tensor's alignment.
        guard let memory = aligned_alloc(64, (inputCount * MemoryLayout<Float>.size + 63) / 64 * 64) else {
            throw Failure(.outOfMemory, "no memory for an input of \(inputCount) numbers.")
        }
        self.input = memory.bindMemory(to: Float.self, capacity: inputCount)
        self.input.initialize(repeating: 0, count: inputCount)
        inputShape = .allocate(capacity: input.shape.count)
        for (index, side) in input.shape.enumerated() { inputShape[index] = Int64(side) }
        inputView = .allocate(capacity: 1)
        inputView.initialize(
            to: ctvm_tensor_view(
                data: memory, device: .init(device_type: Int32(ctvm_device_cpu), device_id: 0),
                ndim: Int32(input.shape.count), dtype: .init(code: UInt8(ctvm_code_float), bits: 32, lanes: 1),
                shape: inputShape, strides: nil, byte_offset: 0))
        argument = .allocate(capacity: 1)
        argument.initialize(to: ctvm_any())
        argument.pointee.type_index = Int32(ctvm_tensor_pointer)
        argument.pointee.pointer = UnsafeMutableRawPointer(inputView)
        result = .allocate(capacity: 1)
        result.initialize(to: ctvm_any())
    }

    deinit {
        free(input)
        inputShape.deallocate()
        inputView.deallocate()
        argument.deallocate()
        result.deallocate()
    }

    private static func start(
        path: String, entry: String, runtime: TVMRuntime
    ) throws(TVMError) -> (TVMObject, TVMObject) {
        let getFunction = try runtime.global("ffi.ModuleGetFunction")
        func object(_ result: TVMResult, _ what: String) throws(TVMError) -> (TVMObject, Int32) {
            guard case .object(let object, let typeIndex) = result else {
                throw TVMError(kind: "MissingFunction", message: "the module has no \(what)")
            }
            return (object, typeIndex)
        }
        func function(_ name: String, of module: (TVMObject, Int32)) throws(TVMError) -> TVMObject {
            let arguments: [TVMArgument] = [.object(module.0, typeIndex: module.1), .text(name), .flag(true)]
            return try object(runtime.invoke(getFunction, arguments), "function “\(name)”").0
        }
        let load = try runtime.global("ffi.ModuleLoadFromFile")
        let library = try object(runtime.invoke(load, [.text(path)]), "content")
        let machine = try object(runtime.invoke(function("vm_load_executable", of: library), []), "virtual machine")
        // Device type, device, allocator: CPU 0 with the pooled allocator, as TVM's own VirtualMachine.
        let initialise = try function("vm_initialization", of: machine)
        _ = try runtime.invoke(initialise, [.integer(Int64(ctvm_device_cpu)), .integer(0), .integer(2)])
        return (machine.0, try function(entry, of: machine))
    }

    /// The resident input, for writing.
    public var inputBuffer: UnsafeMutableBufferPointer<Float> { .init(start: input, count: inputCount) }

    /// Runs the module once on the resident input; `read` sees the output, which goes away after it.
    ///
    /// Nothing is allocated here. Throws `Failure` with `module-run`.
    @inline(__always)
    public func run<Value>(_ read: (UnsafeBufferPointer<Float>) throws(Failure) -> Value) throws(Failure) -> Value {
        result.pointee = ctvm_any()
        do {
            try runtime.invokeRaw(main.handle, argument, 1, result)
        } catch {
            throw Failure(.moduleRun, "the module failed: \(error)")
        }
        defer { release() }
        return try read(output())
    }

    private func release() {
        if result.pointee.type_index >= ctvm_objects_begin { _ = runtime.releaseRaw(result.pointee.pointer) }
    }

    /// The output tensor: what `main` returned, or the first of the tensors it returned.
    private func output() throws(Failure) -> UnsafeBufferPointer<Float> {
        var any = result.pointee
        let head = MemoryLayout<ctvm_object>.size
        if any.type_index == ctvm_array, let array = any.pointer {
            let sequence = (array + head).assumingMemoryBound(to: ctvm_sequence.self).pointee
            guard sequence.size > 0, let data = sequence.data else {
                throw Failure(.moduleRun, "the module returned no tensor.")
            }
            any = data.assumingMemoryBound(to: ctvm_any.self).pointee
        }
        guard any.type_index == ctvm_tensor, let object = any.pointer else {
            throw Failure(.moduleRun, "the module returned a value of type \(any.type_index), not a tensor.")
        }
        let view = (object + head).assumingMemoryBound(to: ctvm_tensor_view.self).pointee
        var count = 1
        for axis in 0..<Int(view.ndim) { count *= Int(view.shape[axis]) }
        guard count == outputCount, view.dtype.code == ctvm_code_float, view.dtype.bits == 32,
            let data = view.data
        else {
            throw Failure(
                .moduleRun,
                "the module returned \(count) numbers of \(view.dtype.bits) bits; bundle.json says \(outputCount) float32."
            )
        }
        let start = (data + Int(view.byte_offset)).assumingMemoryBound(to: Float.self)
        return UnsafeBufferPointer(start: start, count: count)
    }
}

extension TVMRuntime {
    /// Gives back an object that was returned by `invokeRaw`.
    @inline(__always)
    func releaseRaw(_ object: UnsafeMutableRawPointer?) -> Int32 { object.map { release($0) } ?? 0 }
}
