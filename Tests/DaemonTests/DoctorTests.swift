import JSON
import AgentDaemon
import AgentAPI
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@Suite struct DoctorTests {
    private let folder: TemporaryFolder
    private let program: String
    private let tvm: String

    init() throws {
        folder = try TemporaryFolder()
        program = try Fixtures.program("harness-agent")
        tvm = try Fixtures.tvmFolder()
    }

    /// The diagnosis of the real program, and its exit status.
    private func examine(
        _ options: [String], tvm: String? = nil, program: String? = nil
    ) throws -> (diagnosis: Diagnosis, status: Int32?) {
        let listen = options.contains("--listen") ? [] : ["--listen", "127.0.0.1:0"]
        let data = options.contains("--data") ? [] : ["--data", "\(folder.path)/data"]
        let arguments =
            [program ?? self.program, "doctor", "--json", "--tvm", tvm ?? self.tvm] + listen + data + options
        let ending = try ChildProcess.run(arguments)
        guard let diagnosis = try? WireJSON.decode(Diagnosis.self, from: Array(ending.output.utf8)) else {
            throw ChildProcess.Problem(message: "the doctor printed: \(ending.output) \(ending.error)")
        }
        return (diagnosis, ending.status)
    }

    /// The one problem there is expected to be, with its remedy; the status must be 1.
    private func problem(_ check: String, _ options: [String], tvm: String? = nil, program: String? = nil) throws
        -> String
    {
        let (diagnosis, status) = try examine(options, tvm: tvm, program: program)
        #expect(status == 1 && !diagnosis.canServe)
        let problems = diagnosis.findings.filter { $0.verdict == .problem }
        #expect(problems.map(\.check) == [check])
        #expect(problems.allSatisfy { $0.remedy != nil })
        return problems.map { "\($0.detail) → \($0.remedy ?? "")" }.joined()
    }

    private func finding(_ check: String, _ options: [String], tvm: String? = nil) throws -> Finding? {
        let (diagnosis, status) = try examine(options, tvm: tvm)
        #expect(status == 0 && diagnosis.canServe)
        return diagnosis.findings.first { $0.check == check }
    }

    /// What the doctor itself finds of an agent whose configuration `change` sets.
    private func finding(_ check: String, _ change: (inout AgentConfiguration) -> Void) -> Finding? {
        var configuration = AgentConfiguration(dataFolder: "\(folder.path)/data")
        change(&configuration)
        return Doctor(configuration, credentials: CredentialFiles()).examine().findings.first { $0.check == check }
    }

    /// A copy of TVM's libraries that a test can break.
    private func runtimeCopy() throws -> String {
        let copy = "\(folder.path)/tvm"
        try FileManager.default.copyItem(atPath: tvm, toPath: copy)
        return copy
    }

    @Test("A kernel that does not limit memory is noted, since the unit's limits then have no effect")
    func memoryLimits() throws {
        func limits(_ controllers: String) throws -> Finding? {
            let root = try TemporaryFolder()
            try root.write("sys/fs/cgroup/cgroup.controllers", controllers)
            return finding("limits") { $0.factsRoot = root.path }
        }
        #expect(try limits("cpuset cpu io pids\n")?.remedy?.contains("cgroup_enable=memory") == true)
        #expect(try limits("cpuset cpu io memory pids\n") == nil)
    }

    @Test("A GPU without TVM's runtime for it is noted, with the command that makes one")
    func gpuWithoutRuntime() throws {
        let nvml = try FakeNVML.library(in: folder)
        let finding = finding("cuda") { ($0.tvmFolder, $0.nvmlLibrary) = (tvm, nvml) }
        #expect(finding?.detail.contains("RTX A2000") == true && finding?.remedy?.contains("runtime --cuda") == true)
    }

    @Test("On a good board every check is ok, in a line each, nothing is changed, and the agent then starts")
    func good() throws {
        let data = "\(folder.path)/data"
        let ending = try ChildProcess.run([program, "doctor", "--data", data, "--tvm", tvm, "--listen", "127.0.0.1:0"])
        #expect(ending.status == 0 && ending.error == "")
        // Where Python's environment was made there are three runners, else one.
        let checks = ending.output.split(separator: "\n").map {
            $0.split(separator: " ").prefix(2).joined(separator: " ")
        }.reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
        #expect(
            checks.filter { !$0.hasSuffix("emulation") } == [
                "ok program", "ok board", "ok data", "ok runner", "ok tvm", "ok cuda", "ok address", "ok port",
                "This agent",
            ])
        #expect(ending.output.contains("glibc 2.") && ending.output.contains("both libraries load"))
        #expect(ending.output.hasSuffix("This agent can serve.\n"))
        #expect(!FileManager.default.fileExists(atPath: data))
        _ = try AgentProcess(["--listen", "127.0.0.1:0"], folder: folder)
    }

    @Test("It reads the agent's own file, and knows the agent that has the port")
    func running() throws {
        let agent = try AgentProcess(folder: folder)
        let port = try #require(agent.address.split(separator: ":").last)
        let file = try folder.write(
            "agent.conf", "listen = 127.0.0.1:\(port)\ndata = \(folder.path)/agent\ntvm = \(tvm)\n")
        let own = try ChildProcess.run([program, "doctor", "--config", file])
        #expect(own.status == 0)
        #expect(own.output.contains("\(port): an agent is running with this data folder"))
        #expect(own.output.contains("private to its owner"))
        let other = try problem("port", ["--listen", "127.0.0.1:\(port)"])
        #expect(other.contains("in use by another program → Choose another with --listen; “ss -ltnp"))
    }

    @Test("An address that is not the board's is a problem")
    func address() throws {
        #expect(
            try problem("port", ["--listen", "192.0.2.1:7411"] + secrets()).contains("not an address of this board"))
    }

    @Test("TVM's libraries: none, another CPU's, none that load, no runtime.json")
    func runtime() throws {
        #expect(try problem("tvm", [], tvm: "\(folder.path)/none").contains("libtvm_ffi.so does not exist"))
        let copy = try runtimeCopy()
        let library = "\(copy)/libtvm_runtime.so"
        let bytes = try contents(library)
        try Data(forAnotherCPU(bytes)).write(to: URL(filePath: library))
        let other = try problem("tvm", [], tvm: copy)
        #expect(other.contains("x86_64") && other.contains("aarch64") && other.contains("harness-tvm-runtime"))
        // Too short for its own header's tables, and then, as an interrupted copy is, for its last pages: SIGBUS.
        try Data(bytes.prefix(64)).write(to: URL(filePath: library))
        #expect(try problem("tvm", [], tvm: copy).contains("cannot be loaded"))
        try Data(bytes.prefix(4096)).write(to: URL(filePath: library))
        #expect(try problem("tvm", [], tvm: copy).contains("is a library truncated?"))
        try Data(bytes).write(to: URL(filePath: library))
        try FileManager.default.removeItem(atPath: "\(copy)/runtime.json")
        #expect(try problem("tvm", [], tvm: copy).contains("runtime.json cannot be read"))
    }

    @Test("CUDA is checked where its runtime is installed, and its libraries are loaded")
    func cuda() throws {
        #expect(try finding("cuda", [])?.detail == "no CUDA runtime: not needed on a board without a GPU")
        let copy = try runtimeCopy()
        try FileManager.default.copyItem(atPath: "\(copy)/libtvm_runtime.so", toPath: "\(copy)/libtvm_runtime_cuda.so")
        for name in ["libcuda.so.1", "libcudart.so.13"] {
            let found = try #require(try finding("cuda", [], tvm: copy))
            #expect(found.detail.contains(name) ? found.verdict == .note : found.verdict == .ok)
            // Whatever the machine has: a library beside TVM's is found.
            try compileC("int \(name.prefix(7))_stub;", to: "\(copy)/\(name)", options: ["-shared"])
        }
        #expect(try finding("cuda", [], tvm: copy)?.detail == "libcuda.so.1 and libcudart.so.13 load")
    }

    @Test("The runner: none beside the agent, one that may not run, one that does not start")
    func runner() throws {
        // Emulated programs are scripts that find their program beside the link they were started through.
        let unpaired = try copyOfAgent(in: "unpaired")
        #expect(
            try problem("runner", [], program: unpaired).contains(
                "harness-runner does not exist → Install the harness-runner"))
        let beside = "\(folder.path)/unpaired/harness-runner"
        try folder.write("unpaired/harness-runner", "#!/bin/sh\necho no libpng >&2\nexit 127\n")
        #expect(try problem("runner", [], program: unpaired).contains("cannot be executed by"))
        try FileManager.default.removeItem(atPath: beside)
        try folder.write("unpaired/harness-runner", "#!/bin/sh\necho no libpng >&2\nexit 127\n", executable: true)
        let (diagnosis, status) = try examine([], program: unpaired)
        #expect(status == 1)
        let broken = diagnosis.findings.filter { $0.verdict == .problem }
        #expect(broken.map(\.check) == ["runner", "tvm"] && broken.allSatisfy { $0.detail.contains("no libpng") })
        let named = try problem("runner", ["--runner", "mine=/nowhere/mine"])
        #expect(named.hasPrefix("mine: /nowhere/mine does not exist"))
    }

    @Test("A Python runner is asked for its frameworks; one that lacks them is noted, and the agent can serve")
    func pythonRunner() throws {
        func finding(_ script: String) throws -> Finding? {
            let path = try folder.write("\(UUID().uuidString)/harness-python-runner", script, executable: true)
            let (diagnosis, status) = try examine(["--runner", "pytorch=\(path)"])
            #expect(status == 0)
            return diagnosis.findings.first { $0.detail.hasPrefix("pytorch: \(path)") }
        }
        let good = try finding("#!/bin/sh\necho '{\"pytorch\": \"9.9\", \"onnxruntime\": null}'\n")
        #expect(good?.verdict == .ok && good?.detail.hasSuffix("framework 9.9") == true)
        for script in ["echo '{\"pytorch\": null}'", "echo nonsense", "echo no python >&2; exit 127"] {
            let found = try finding("#!/bin/sh\n\(script)\n")
            #expect(found?.verdict == .note && found?.remedy?.contains("models[baselines]") == true, "\(script)")
        }
    }

    private func copyOfAgent(in name: String) throws -> String {
        let source = FileManager.default.fileExists(atPath: program + ".elf") ? program + ".elf" : program
        let bytes = try contents(source)
        guard source != program else { return try folder.write("\(name)/harness-agent", bytes, executable: true) }
        try folder.write("\(name)/harness-agent.elf", bytes, executable: true)
        let link = "\(folder.path)/\(name)/harness-agent"
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: "\(Fixtures.checkout)/scripts/emulated")
        return link
    }

    @Test("The data folder: one that cannot be made, a file in its place, no room, others who may read it")
    func data() throws {
        let file = try folder.write("file", "x")
        #expect(try problem("data", ["--data", file]).contains("it is a file, not a folder → Choose another"))
        #expect(try problem("data", ["--data", "/sys/kernel/data"]).contains("/sys/kernel"))
        #expect(try problem("data", ["--keep-free", "1000000GiB"]).contains("→ Make room, or lower --keep-free."))
        try FileManager.default.createDirectory(atPath: "\(folder.path)/open", withIntermediateDirectories: false)
        chmod("\(folder.path)/open", 0o755)
        let open = try finding("data", ["--data", "\(folder.path)/open"])
        #expect(open?.verdict == .note && open?.detail.contains("others may read it") == true)
        chmod("\(folder.path)/open", 0o700)
        #expect(try finding("data", ["--data", "\(folder.path)/open"])?.verdict == .ok)
    }

    // MARK: Token and TLS

    /// Options with a good token and a good pair.
    private func secrets() throws -> [String] {
        let pair = try Certificate(in: folder)
        let token = try folder.write("token", String(repeating: "0123", count: 8))
        for file in [token, pair.key] { chmod(file, 0o600) }
        return ["--token-file", token, "--tls-cert", pair.certificate, "--tls-key", pair.key]
    }

    @Test("Beyond loopback a token and TLS are needed; with them the certificate's names and last day are shown")
    func beyondLoopback() throws {
        let refused = try problem("address", ["--listen", "0.0.0.0:0"])
        #expect(refused.contains("needs --token-file") && refused.contains("openssl rand -hex 32"))
        let found = try finding("certificate", ["--listen", "0.0.0.0:0"] + secrets())
        #expect(found?.verdict == .ok && found?.detail.contains("IP Address:127.0.0.1, until 20") == true)
    }

    @Test("Secrets that every user can read are noted")
    func readable() throws {
        let options = try secrets()
        chmod(options[1], 0o644)
        chmod(options[5], 0o644)
        #expect(try finding("token", options)?.remedy == "chmod o-rwx \(options[1])")
        #expect(try finding("certificate", options)?.remedy == "chmod o-rwx \(options[5])")
    }

    @Test("A token that is missing or short, and half a pair, are problems")
    func badToken() throws {
        let missing = try problem("token", ["--token-file", "\(folder.path)/none"])
        #expect(missing.contains("cannot be read") && missing.contains("openssl rand -hex 32 > \(folder.path)/none"))
        #expect(try problem("token", ["--token-file", folder.write("short", "abc\n")]).contains("has 3 characters"))
        #expect(try problem("certificate", ["--tls-cert", "cert.pem"]).contains("go together"))
    }

    @Test(
        "A certificate that is missing, expired, not yet valid, or another key's is a problem, with the command for a new one"
    )
    func badCertificate() throws {
        let options = try secrets()
        let (certificate, key) = (options[3], options[5])
        func problem(_ certificate: String, _ key: String) throws -> String {
            try self.problem("certificate", ["--tls-cert", certificate, "--tls-key", key])
        }
        let none = try problem(folder.write("none.pem", "nothing"), key)
        #expect(none.contains("holds no certificate") && none.contains("→ openssl req -x509"))
        #expect(try problem(certificate, certificate).contains("holds no usable key"))
        let elsewhere = try TemporaryFolder()
        let other = try Certificate(in: elsewhere)
        #expect(try problem(certificate, other.key).contains("the key does not belong to the certificate"))
        func valid(_ name: String, _ from: String, _ to: String) throws -> String {
            try Certificate.selfSigned(name, key, in: folder, from: "\(from)0101000000Z", to: "\(to)0101000000Z")
        }
        #expect(try problem(valid("old", "2020", "2021"), key).contains("expired on 2021-01-01"))
        #expect(try problem(valid("early", "2098", "2099"), key).contains("valid from 2098-01-01"))
    }

    @Test("A wrong option or file is a usage error, as for the agent")
    func usage() throws {
        let file = try folder.write("agent.conf", "data = x\ntvn = y\n")
        let ending = try ChildProcess.run([program, "doctor", "--config", file])
        #expect(ending.status == 64 && ending.error.contains("line 2: the key “tvn” is not known. Did you mean tvm?"))
        let same = try ChildProcess.run([program, "--config", file])
        #expect(same.status == 64 && same.error.contains("line 2"))
    }
}
