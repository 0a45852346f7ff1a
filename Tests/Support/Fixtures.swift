import JSON
import AgentAPI
import POSIX

/// The small real things that `make fixtures` made: modules, a data set, PyTorch's answers.
public enum Fixtures {
    /// Root of the checkout, found from this file.
    public static let checkout = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }

    /// Folder of the fixtures; throws `Missing` with the remedy if there is none.
    public static func folder() throws -> String {
        let environment = ProcessEnvironment.current["HARNESS_FIXTURES"]
        let path = environment ?? "\(checkout)/build/fixtures"
        guard File.exists(path + "/made-by.json") else { throw Missing(path: path) }
        return path
    }

    /// Folder of TVM's runtime libraries.
    public static func tvmFolder() throws -> String {
        #if arch(x86_64)
            let architecture = "x86_64"
        #else
            let architecture = "aarch64"
        #endif
        let path = ProcessEnvironment.current["HARNESS_TVM_DIR"] ?? "\(checkout)/build/tvm-runtime/\(architecture)"
        guard File.exists(path + "/runtime.json") else { throw Missing(path: path) }
        return path
    }

    /// Whether these tests run under QEMU, which ignores limits of memory and shows the host's /proc.
    public static let isEmulated = ProcessEnvironment.current["HARNESS_EMULATED_CPU"] != nil

    /// Whether this user may mount a file system.
    public static let canMount: Bool = {
        guard let folder = try? TemporaryFolder(),
            let ending = try? ChildProcess.run(["mount", "-t", "tmpfs", "none", folder.path]), ending.status == 0
        else { return false }
        _ = try? ChildProcess.run(["umount", folder.path])
        return true
    }()

    /// Versions of the fixtures' TVM runtime.
    public static func runtime() throws -> AgentInfo.Runtime {
        try WireJSON.decode(AgentInfo.Runtime.self, from: contents("\(tvmFolder())/runtime.json"))
    }

    /// A program of this package, as the tests' build made it, or the one in HARNESS_PROGRAMS.
    public static func program(_ name: String) throws -> String {
        let folder = ProcessEnvironment.current["HARNESS_PROGRAMS"]
        let path = folder.map { "\($0)/\(name)" } ?? OwnProgram.sibling(name)
        guard File.isExecutable(path) else { throw Missing(path: path) }
        return path
    }

    /// bundle.json of the fixture called `name`: `bundle`, `bundle-other`, `bundle-null`, or the variant of a baseline.
    public static func bundle(_ name: String = "bundle") throws -> BundleManifest {
        try WireJSON.decode(
            BundleManifest.self, from: contents("\(folder())/\(name)/bundle.json"),
            unknownKeys: .reject)
    }

    /// The fixtures' data set.
    public static func dataset() throws -> DatasetManifest {
        try WireJSON.decode(
            DatasetManifest.self, from: contents("\(folder())/dataset/dataset.json"),
            unknownKeys: .reject)
    }

    /// What is missing, and how it is made.
    public struct Missing: Error, CustomStringConvertible {
        let path: String
        /// The fixture at `path` is missing.
        public init(path: String) { self.path = path }
        /// The path and the remedy.
        public var description: String { "\(path) is missing: run `make fixtures build` first" }
    }
}

/// An ELF file with the number of the other of our two architectures in its header.
public func forAnotherCPU(_ module: [UInt8]) -> [UInt8] {
    let (x86, aarch64): (UInt8, UInt8) = (62, 183)
    var module = module
    module[18] = module[18] == aarch64 ? x86 : aarch64
    return module
}
