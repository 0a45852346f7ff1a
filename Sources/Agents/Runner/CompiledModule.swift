import AgentAPI
import CTVM
import Glibc

/// A module in TVM's virtual machine, ready to run on one device.
///
/// One input and one output, both float32, batch 1. The order of calls is the one of docs/decisions/0005-tvm-through-its-c-abi.md.
/// An inference is `upload`, `call`, `output`, `release`; on a CPU the first does nothing and the third copies nothing.
public final class CompiledModule {
    let runtime: TVMRuntime
    private let machine: TVMObject
    private let main: TVMObject
    private let host: HostTensor
    private let transfer: CUDATransfer?
    /// What the module made of its weights when it was loaded, if it does so.
    private let prepared: TVMObject?
    private let arguments: UnsafeMutableBufferPointer<ctvm_any>
    private let result: UnsafeMutablePointer<ctvm_any>
    /// Numbers in the input and in the output.
    public let inputCount: Int
    /// Numbers in the output, from the manifest; checked at every call.
    public let outputCount: Int
    /// Threads TVM uses.
    public let threads: Int
    /// Whether input and output are copied to a device and back.
    public var hasTransfers: Bool { transfer != nil }

    /// Loads the module and initialises its VM on CPU 0, or on `gpu` if it is given; throws `Failure` with `module-load`.
    public init(path: String, manifest: BundleManifest, runtime: TVMRuntime, gpu: CUDADevice? = nil) throws(Failure) {
        guard let input = manifest.inputs.first, manifest.inputs.count == 1, let output = manifest.outputs.first,
            manifest.outputs.count == 1, input.dtype == "float32", output.dtype == "float32"
        else {
            throw Failure(
                .moduleLoad,
                "the runner handles modules of one float32 input and one float32 output; bundle.json says otherwise.")
        }
        self.runtime = runtime
        inputCount = input.shape.reduce(1, *)
        outputCount = output.shape.reduce(1, *)
        host = try HostTensor(shape: input.shape)
        do {
            (machine, main) = try Self.start(path: path, entry: manifest.entry, runtime: runtime, gpu: gpu)
            threads = Int(try runtime.invoke(runtime.global("runtime.NumThreads"), []).integer ?? 0)
            if let name = manifest.prepare {
                let prepare = try Self.function(name, of: machine, runtime)
                prepared = try Self.object(runtime.invoke(prepare, []), "result of “\(name)”")
            } else {
                prepared = nil
            }
            transfer = try gpu.map { (gpu) throws(TVMError) in
                try CUDATransfer(device: gpu, inputShape: input.shape, outputShape: output.shape, runtime: runtime)
            }
        } catch {
            throw Failure(.moduleLoad, "TVM cannot load the module: \(error)")
        }
        let further = prepared.map { Self.elements(of: $0) } ?? []
        arguments = .allocate(capacity: 1 + further.count)
        _ = arguments.initialize(from: [transfer?.input ?? host.argument] + further)
        result = .allocate(capacity: 1)
        result.initialize(to: ctvm_any())
    }

    deinit {
        arguments.deallocate()
        result.deallocate()
    }

    private static func start(
        path: String, entry: String, runtime: TVMRuntime, gpu: CUDADevice?
    ) throws(TVMError) -> (TVMObject, TVMObject) {
        let load = try runtime.global("ffi.ModuleLoadFromFile")
        let library = try object(runtime.invoke(load, [.text(path)]), "content")
        let start = try function("vm_load_executable", of: library, runtime)
        let machine = try object(runtime.invoke(start, []), "virtual machine")
        // Device type, device, allocator (2: pooled), as TVM's own VirtualMachine: a GPU first, the CPU in any case.
        let cpu = ctvm_device(device_type: Int32(ctvm_device_cpu), device_id: 0)
        let devices = [gpu?.name, cpu].compactMap(\.self).flatMap { device -> [TVMArgument] in
            [.integer(Int64(device.device_type)), .integer(Int64(device.device_id)), .integer(2)]
        }
        _ = try runtime.invoke(function("vm_initialization", of: machine, runtime), devices)
        return (machine, try function(entry, of: machine, runtime))
    }

    private static func object(_ result: TVMResult, _ what: String) throws(TVMError) -> TVMObject {
        guard case .object(let object, _) = result else {
            throw TVMError(kind: "MissingFunction", message: "the module has no \(what)")
        }
        return object
    }

    private static func function(
        _ name: String, of module: TVMObject, _ runtime: TVMRuntime
    ) throws(TVMError) -> TVMObject {
        let arguments: [TVMArgument] = [.object(module, typeIndex: Int32(ctvm_module)), .text(name), .flag(true)]
        return try object(runtime.invoke(runtime.global("ffi.ModuleGetFunction"), arguments), "function “\(name)”")
    }

    /// A function of the virtual machine itself.
    func machineFunction(_ name: String) throws(TVMError) -> TVMObject { try Self.function(name, of: machine, runtime) }

    /// Waits until the device has done all it was asked for; nil on a CPU, where a call returns when it has.
    var synchronize: (() -> Void)? { transfer.map { transfer in { try? transfer.synchronise() } } }

    /// The input in host memory, for writing.
    public var inputBuffer: UnsafeMutableBufferPointer<Float> {
        .init(start: transfer?.hostInput ?? host.data, count: inputCount)
    }

    /// Copies the input to the device; on a CPU it is there. Throws `Failure` with `module-run`.
    @inline(__always)
    public func upload() throws(Failure) {
        if let transfer { try doing { () throws(TVMError) in try transfer.upload() } }
    }

    /// Runs the module once and returns when the device has finished. Nothing is allocated on our side.
    ///
    /// `release` must follow. Throws `Failure` with `module-run`.
    @inline(__always)
    public func call() throws(Failure) {
        result.pointee = ctvm_any()
        try doing { () throws(TVMError) in
            try runtime.invokeRaw(main.handle, arguments.baseAddress!, Int32(arguments.count), result)
            try transfer?.synchronise()
        }
    }

    /// The output of the last call in host memory, copied there if need be; gone after `release`.
    public func output() throws(Failure) -> UnsafeBufferPointer<Float> {
        let (tensor, data) = try outputTensor()
        guard let transfer else { return .init(start: data.assumingMemoryBound(to: Float.self), count: outputCount) }
        try doing { () throws(TVMError) in try transfer.download(tensor) }
        return .init(start: transfer.hostOutput, count: outputCount)
    }

    /// Gives the output back to TVM.
    @inline(__always)
    public func release() {
        if result.pointee.type_index >= ctvm_objects_begin, let object = result.pointee.pointer {
            _ = runtime.release(object)
        }
        result.pointee = ctvm_any()
    }

    /// A whole inference; `read` sees the output.
    public func run<Value>(_ read: (UnsafeBufferPointer<Float>) throws(Failure) -> Value) throws(Failure) -> Value {
        try upload()
        defer { release() }
        try call()
        return try read(output())
    }

    @inline(__always)
    private func doing(_ work: () throws(TVMError) -> Void) throws(Failure) {
        do { try work() } catch { throw Failure(.moduleRun, "the module failed: \(error)") }
    }

    /// The elements of an array of TVM's, which owns it.
    private static func elements(of array: TVMObject) -> [ctvm_any] {
        let cell = array.handle + MemoryLayout<ctvm_object>.size
        let sequence = cell.assumingMemoryBound(to: ctvm_sequence.self).pointee
        guard let data = sequence.data else { return [] }
        return Array(UnsafeBufferPointer(start: data.assumingMemoryBound(to: ctvm_any.self), count: Int(sequence.size)))
    }

    /// The output tensor and where its data lie: what `main` returned, or the first of the tensors it returned.
    private func outputTensor() throws(Failure) -> (ctvm_any, UnsafeMutableRawPointer) {
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
        return (any, data + Int(view.byte_offset))
    }
}
