import POSIX
import JSON
import AgentAPI
import CTVM
import Glibc

/// TVM's two runtime libraries, loaded into this process; no Python, no headers, only the C ABI.
///
/// Sources of the calls: `tvm/ffi/c_api.h` and `dlpack/dlpack.h` in the `apache-tvm-ffi` wheel.
public final class TVMRuntime {
    /// The versions in `runtime.json` beside the libraries.
    public struct Version: Codable, Hashable, Sendable {
        /// Version of `apache-tvm`.
        public var version: String
        /// Version of `apache-tvm-ffi`.
        public var ffiVersion: String
    }

    /// The versions of the libraries.
    public let version: Version
    private let getGlobal: ctvm_get_global
    private let call: ctvm_call
    private let takeError: ctvm_take_error
    private let create: ctvm_create_function
    let release: ctvm_release

    /// Reads `runtime.json` in `folder`; throws `Failure` with `tvm-missing`, which says how to get one.
    public static func version(in folder: String) throws(Failure) -> Version {
        let path = folder + "/runtime.json"
        do {
            return try WireJSON.decode(Version.self, from: File.read(path))
        } catch {
            throw Failure(
                .tvmMissing,
                "\(path) cannot be read (\(error)). Make the folder with “python -m unet runtime --out \(folder)”.")
        }
    }

    /// Loads the libraries in `folder`.
    ///
    /// `threads` is given to TVM before its thread pool starts. Throws `Failure` with `tvm-missing`.
    public init(folder: String, threads: Int) throws(Failure) {
        version = try Self.version(in: folder)
        setenv("TVM_NUM_THREADS", "\(threads)", 1)
        let ffi = try TVMLibraries.open(in: folder)
        func symbol<Function>(_ name: String) throws(Failure) -> Function {
            try TVMLibraries.symbol(name, in: ffi, of: "libtvm_ffi.so")
        }
        getGlobal = try symbol("TVMFFIFunctionGetGlobal")
        call = try symbol("TVMFFIFunctionCall")
        create = try symbol("TVMFFIFunctionCreate")
        takeError = try symbol("TVMFFIErrorMoveFromRaised")
        release = try symbol("TVMFFIObjectDecRef")
    }

    /// A function of TVM's registry; throws if there is none of that name.
    func global(_ name: String) throws(TVMError) -> TVMObject {
        var name = name
        var found: UnsafeMutableRawPointer?
        let status = name.withUTF8 { text in
            text.withMemoryRebound(to: CChar.self) { characters in
                var bytes = ctvm_bytes(data: characters.baseAddress, size: characters.count)
                return getGlobal(&bytes, &found)
            }
        }
        guard status == 0 else { throw raised() }
        guard let found else { throw TVMError(kind: "MissingFunction", message: "TVM has no function \(name)") }
        return TVMObject(found, runtime: self)
    }

    /// A function of TVM's that calls `callback`; `owner` must outlive it.
    func function(_ callback: ctvm_safe_call, owner: UnsafeMutableRawPointer) throws(TVMError) -> TVMObject {
        var made: UnsafeMutableRawPointer?
        guard create(owner, callback, nil, &made) == 0, let made else { throw raised() }
        return TVMObject(made, runtime: self)
    }

    /// Calls `function` and returns what it returns, an object among it owned by the caller.
    func invoke(_ function: TVMObject, _ arguments: [TVMArgument]) throws(TVMError) -> TVMResult {
        // Texts must stay where they are until the call returns.
        let texts = arguments.map { argument -> UnsafeMutablePointer<CChar>? in
            if case .text(let text) = argument { strdup(text) } else { nil }
        }
        defer { texts.forEach { free($0) } }
        var values = zip(arguments, texts).map { $0.value(text: $1) }
        var result = ctvm_any()
        guard call(function.handle, &values, Int32(values.count), &result) == 0 else { throw raised() }
        if result.type_index >= ctvm_objects_begin, let object = result.object {
            return .object(TVMObject(object, runtime: self), typeIndex: result.type_index)
        }
        return .value(result)
    }

    /// Calls with arguments prepared before: nothing is allocated on our side. The caller releases the result.
    @inline(__always)
    func invokeRaw(
        _ function: UnsafeMutableRawPointer, _ arguments: UnsafeMutablePointer<ctvm_any>, _ count: Int32,
        _ result: UnsafeMutablePointer<ctvm_any>
    ) throws(TVMError) {
        if call(function, arguments, count, result) != 0 { throw raised() }
    }

    private func raised() -> TVMError {
        var handle: UnsafeMutableRawPointer?
        takeError(&handle)
        guard let handle else { return TVMError(kind: "Unknown", message: "TVM failed without a message") }
        defer { _ = release(handle) }
        let cell = (handle + MemoryLayout<ctvm_object>.size).assumingMemoryBound(to: ctvm_error.self).pointee
        func text(_ bytes: ctvm_bytes) -> String {
            String(decoding: UnsafeRawBufferPointer(start: bytes.data, count: bytes.size), as: UTF8.self)
        }
        return TVMError(kind: text(cell.kind), message: text(cell.message))
    }
}

/// An error that TVM raised, with its message.
struct TVMError: Error, CustomStringConvertible {
    var kind: String
    var message: String
    var description: String { "\(kind): \(message)" }
}

/// An object of TVM's that this process holds one reference to, given back when the last Swift reference goes.
final class TVMObject {
    let handle: UnsafeMutableRawPointer
    private let runtime: TVMRuntime

    init(_ handle: UnsafeMutableRawPointer, runtime: TVMRuntime) { (self.handle, self.runtime) = (handle, runtime) }

    deinit { _ = runtime.release(handle) }
}

/// An argument of a TVM function.
enum TVMArgument {
    case integer(Int64)
    case flag(Bool)
    case text(String)
    case object(TVMObject, typeIndex: Int32)
    case pointer(UnsafeMutableRawPointer)
    case device(ctvm_device)
    case float32
    case none

    /// As TVM's functions take it; `text` is a copy of a text that outlives the call.
    func value(text: UnsafeMutablePointer<CChar>?) -> ctvm_any {
        var any = ctvm_any()
        switch self {
        case .integer(let value): (any.type_index, any.integer) = (Int32(ctvm_int), value)
        case .flag(let value): (any.type_index, any.integer) = (Int32(ctvm_bool), value ? 1 : 0)
        case .text: (any.type_index, any.text) = (Int32(ctvm_raw_string), UnsafePointer(text))
        case .object(let object, let typeIndex): (any.type_index, any.pointer) = (typeIndex, object.handle)
        case .pointer(let pointer): (any.type_index, any.pointer) = (Int32(ctvm_opaque_pointer), pointer)
        case .device(let device): (any.type_index, any.device) = (Int32(ctvm_device_value), device)
        case .float32:
            any.type_index = Int32(ctvm_data_type_value)
            any.data_type = ctvm_data_type(code: UInt8(ctvm_code_float), bits: 32, lanes: 1)
        case .none: any.type_index = Int32(ctvm_none)
        }
        return any
    }
}

/// What a TVM function returned.
enum TVMResult {
    case object(TVMObject, typeIndex: Int32)
    case value(ctvm_any)

    /// The integer, if it is one.
    var integer: Int64? {
        if case .value(let any) = self, any.type_index == ctvm_int { any.integer } else { nil }
    }
}
