import FoundationEssentials
import TestSupport
import Testing

/// Compiles our header beside the installed wheel's: a size, an offset or a constant that differs does not compile.
@Suite struct ABITests {
    private static let pairs: [(ours: String, theirs: String, fields: [(String, String)])] = [
        (
            "ctvm_any", "TVMFFIAny",
            [
                ("type_index", "type_index"), ("zero_padding", "zero_padding"), ("integer", "v_int64"),
                ("pointer", "v_ptr"), ("text", "v_c_str"), ("object", "v_obj"),
                ("data_type", "v_dtype"), ("device", "v_device"),
            ]
        ),
        (
            "ctvm_object", "TVMFFIObject",
            [("combined_ref_count", "combined_ref_count"), ("type_index", "type_index"), ("deleter", "deleter")]
        ),
        ("ctvm_bytes", "TVMFFIByteArray", [("data", "data"), ("size", "size")]),
        ("ctvm_device", "DLDevice", [("device_type", "device_type"), ("device_id", "device_id")]),
        ("ctvm_data_type", "DLDataType", [("code", "code"), ("bits", "bits"), ("lanes", "lanes")]),
        (
            "ctvm_tensor_view", "DLTensor",
            [
                ("data", "data"), ("device", "device"), ("ndim", "ndim"), ("dtype", "dtype"), ("shape", "shape"),
                ("strides", "strides"), ("byte_offset", "byte_offset"),
            ]
        ),
    ]
    /// Only the beginning of these is declared by us.
    private static let beginnings: [(ours: String, theirs: String, fields: [(String, String)])] = [
        ("ctvm_error", "TVMFFIErrorCell", [("kind", "kind"), ("message", "message")]),
        ("ctvm_sequence", "TVMFFISeqCell", [("data", "data"), ("size", "size")]),
    ]
    private static let constants = [
        ("ctvm_none", "kTVMFFINone"), ("ctvm_int", "kTVMFFIInt"), ("ctvm_bool", "kTVMFFIBool"),
        ("ctvm_opaque_pointer", "kTVMFFIOpaquePtr"), ("ctvm_data_type_value", "kTVMFFIDataType"),
        ("ctvm_device_value", "kTVMFFIDevice"), ("ctvm_tensor_pointer", "kTVMFFIDLTensorPtr"),
        ("ctvm_raw_string", "kTVMFFIRawStr"),
        ("ctvm_objects_begin", "kTVMFFIStaticObjectBegin"), ("ctvm_function", "kTVMFFIFunction"),
        ("ctvm_tensor", "kTVMFFITensor"), ("ctvm_array", "kTVMFFIArray"), ("ctvm_module", "kTVMFFIModule"),
        ("ctvm_device_cpu", "kDLCPU"), ("ctvm_device_cuda", "kDLCUDA"),
        ("ctvm_device_cuda_host", "kDLCUDAHost"), ("ctvm_code_float", "kDLFloat"),
    ]

    private static func includeFolder() throws -> String {
        let library = "\(Fixtures.checkout)/build/venv/lib"
        for python in (try? FileManager.default.contentsOfDirectory(atPath: library)) ?? [] {
            let folder = "\(library)/\(python)/site-packages/tvm_ffi/include"
            if FileManager.default.fileExists(atPath: folder + "/tvm/ffi/c_api.h") { return folder }
        }
        throw Fixtures.Missing(path: "\(library)/…/tvm_ffi/include")
    }

    private static func program(breaking line: String = "") -> String {
        var text = "#include <tvm/ffi/c_api.h>\n#include <stddef.h>\n#include \"ctvm.h\"\n"
        for pair in pairs {
            text += "_Static_assert(sizeof(\(pair.ours)) == sizeof(\(pair.theirs)), \"\(pair.ours)\");\n"
        }
        for pair in pairs + beginnings {
            for (ours, theirs) in pair.fields {
                text +=
                    "_Static_assert(offsetof(\(pair.ours), \(ours)) == offsetof(\(pair.theirs), \(theirs)), \"\(pair.ours).\(ours)\");\n"
            }
        }
        for (ours, theirs) in constants { text += "_Static_assert((int)\(ours) == (int)\(theirs), \"\(ours)\");\n" }
        return text + line + "\nint main(void) { return 0; }\n"
    }

    private func compile(_ source: String) throws {
        let folder = try TemporaryFolder()
        let ours = "\(Fixtures.checkout)/Sources/Agents/Runner/CTVM/include"
        try compileC(source, to: "\(folder.path)/abi", options: ["-std=c11", "-I\(ours)", "-I\(Self.includeFolder())"])
    }

    @Test("Sizes, offsets and constants of our header equal the installed wheel's")
    func equal() throws { try compile(Self.program()) }

    @Test("The comparison can fail")
    func canFail() {
        #expect(throws: ChildProcess.Problem.self) {
            try compile(
                Self.program(breaking: "_Static_assert(sizeof(ctvm_any) == sizeof(TVMFFIByteArray) + 1, \"\");"))
        }
    }
}
