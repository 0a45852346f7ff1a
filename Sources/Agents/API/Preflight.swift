/// What can be said against running a bundle on a board, from what both say of themselves.
///
/// The coordinator asks before it sends a byte, the agent again before it takes a job: one rule, two who keep it. What a
/// side does not say is not held against it.
public struct Preflight: Sendable {
    let bundle: BundleManifest
    let info: AgentInfo
    /// Name of the device the job is for: `cpu:0`.
    let device: String
    let runner: String

    /// `runner` is the bundle's own if it is not given.
    public init(bundle: BundleManifest, info: AgentInfo, device: String, runner: String? = nil) {
        (self.bundle, self.info) = (bundle, info)
        (self.device, self.runner) = (device, runner ?? bundle.runnerName)
    }

    /// Every objection, the most fundamental first; each has a stable code and says what to do.
    public var objections: [Failure] {
        var found = [runnerObjection, deviceObjection, architectureObjection].compactMap(\.self)
        // Extensions of another architecture's processor mean nothing.
        if found.isEmpty { found += [featureObjection, cudaObjection].compactMap(\.self) }
        return found + [runtimeObjection, glibcObjection, pageObjection, memoryObjection].compactMap(\.self)
    }

    private var board: AgentInfo.Board { info.board }
    private var requires: BundleManifest.Requirements? { bundle.requires }

    /// “compile … again” needs to name what.
    private var remedy: String { "compile the bundle for target “\(bundle.target.name)” again" }

    // MARK: The program and where it runs

    private var runnerObjection: Failure? {
        guard !info.runners.contains(runner) else { return nil }
        let program =
            ["pytorch", "onnxruntime"].contains(runner)
            ? "install harness-python-runner on the board (pip install 'models[baselines]') and name it" : "name one"
        return Failure(
            .runnerMissing,
            "there is no runner “\(runner)”; the board has \(info.runners.joined(separator: ", ")): \(program) with harness-agent --runner \(runner)=PATH, or harness dispatch --runner \(runner)=PATH for a local agent."
        )
    }

    private var deviceObjection: Failure? {
        let found: AgentInfo.Device
        do throws(Failure) { found = try info.device(named: device) } catch { return error }
        guard found.kind == bundle.target.device else {
            return Failure(
                .wrongDevice,
                "the module was compiled for \(bundle.target.device), the job's device \(device) is a \(found.kind): change the target's device in targets.json, or \(remedy) for \(found.kind)."
            )
        }
        return nil
    }

    private var architectureObjection: Failure? {
        guard bundle.target.architecture != board.architecture else { return nil }
        return Failure(
            .wrongArchitecture,
            "the module was compiled for \(bundle.target.architecture), the board is \(board.architecture): \(remedy), with the board's mtriple."
        )
    }

    // MARK: The processor

    private var featureObjection: Failure? {
        guard let requires, !board.cpuFeatures.isEmpty else { return nil }
        let present = Set(board.cpuFeatures)
        let missing = requires.cpuFeatures.filter { !present.contains($0) }
        guard !missing.isEmpty else { return nil }
        let target = bundle.target.tvm
        let cpu = target["mcpu"]?.string ?? target["host"]?["mcpu"]?.string ?? bundle.target.name
        return Failure(
            .cpuFeaturesMissing,
            "the module was compiled for \(cpu) and may use \(missing.joined(separator: ", ")), which \(board.cpuModel ?? "the board's processor") lacks: \(remedy), with the board's own mcpu in targets.json."
        )
    }

    private var cudaObjection: Failure? {
        guard let arch = requires?.cudaArch,
            let capability = info.devices.first(where: { $0.name == device })?.computeCapability,
            let needed = CUDAArchitecture(arch), let present = CUDAArchitecture(capability: capability)
        else { return nil }
        guard !present.runs(needed) else { return nil }
        return Failure(
            .wrongCUDAArchitecture,
            "the module was compiled for \(arch), the board's \(device) is \(present): recompile with \"arch\": \"\(present)\" in targets.json."
        )
    }

    // MARK: Software and memory

    private var runtimeObjection: Failure? {
        guard runner == BundleManifest.tvmRunner else { return nil }
        guard let compiler = bundle.tvm else {
            return Failure(.tvmVersionMismatch, "bundle.json does not say which TVM compiled the module: \(remedy).")
        }
        guard let runtime = info.tvm else {
            return Failure(
                .tvmMissing, info.runtimeProblem ?? "the board has no TVM runtime: give the agent one with --tvm DIR.")
        }
        guard runtime.version != compiler.version else { return cudaRuntimeObjection(runtime) }
        return Failure(
            .tvmVersionMismatch,
            "the module was compiled with TVM \(compiler.version), the board has \(runtime.version): compile with that version, or install the other runtime on the board."
        )
    }

    private func cudaRuntimeObjection(_ runtime: AgentInfo.Runtime) -> Failure? {
        guard bundle.target.device == DeviceName.Kind.cuda.rawValue else { return nil }
        guard let needed = runtime.cudaVersion else {
            return Failure(
                .tvmMissing,
                "the agent's TVM runtime has no part for GPUs: make a folder with “python -m unet runtime --cuda”, and name it with --tvm or in agent.conf."
            )
        }
        guard let present = info.devices.first(where: { $0.name == device })?.cudaVersion,
            Self.numbers(present).prefix(1).lexicographicallyPrecedes(Self.numbers(needed).prefix(1))
        else { return nil }
        return Failure(
            .driverTooOld,
            "the agent's runtime is CUDA \(needed), the driver of \(device) runs CUDA up to \(present): install a newer driver (580 or later for CUDA 13)."
        )
    }

    private var glibcObjection: Failure? {
        guard let needed = requires?.glibc, let present = board.glibc,
            Self.numbers(present).lexicographicallyPrecedes(Self.numbers(needed))
        else { return nil }
        return Failure(
            .glibcTooOld,
            "the module needs glibc \(needed), the board has \(present): link it on a system as old as the board's, or update the board's."
        )
    }

    private var pageObjection: Failure? {
        guard let largest = requires?.pageSizeBytes, let page = board.pageSizeBytes, page > largest else { return nil }
        return Failure(
            .pageSize,
            "the module can be loaded with memory pages of at most \(largest >> 10) KiB, the board's have \(page >> 10) KiB: \(remedy) with a linker that aligns to 64 KiB (-Wl,-z,max-page-size=65536)."
        )
    }

    private var memoryObjection: Failure? {
        // A job that runs gives its memory back before this one begins.
        guard let requires, info.runningJobs == 0 else { return nil }
        let tensors = requires.weightsBytes + requires.workspaceBytes
        // The file is mapped while TVM copies the weights out of it.
        let host = bundle.module.sizeBytes + (bundle.target.device == "cpu" ? tensors : requires.weightsBytes)
        if let free = info.conditions?.availableMemoryBytes, host > free {
            return Failure(
                .memoryTooSmall,
                "the module needs about \(Self.mebibytes(host)) (file \(Self.mebibytes(bundle.module.sizeBytes)), weights \(Self.mebibytes(requires.weightsBytes)), workspace \(Self.mebibytes(requires.workspaceBytes))), the board has \(Self.mebibytes(free)) to give: close other programs, or use a smaller variant, such as one without Winograd."
            )
        }
        if let free = info.conditions?.gpus.first(where: { $0.device == device })?.freeMemoryBytes, tensors > free {
            return Failure(
                .memoryTooSmall,
                "the module needs about \(Self.mebibytes(tensors)) on \(device), which has \(Self.mebibytes(free)) free: end other programs on the GPU, or use a smaller network."
            )
        }
        return nil
    }

    private static func mebibytes(_ bytes: Int) -> String { "\((bytes + (1 << 20) - 1) >> 20) MiB" }

    /// `2.38` as numbers: as texts, 2.9 would be more.
    private static func numbers(_ version: String) -> [Int] {
        version.split(separator: ".").map { Int($0.prefix(while: \.isNumber)) ?? 0 }
    }
}

/// The architecture of a GPU, for which its machine code is compiled: `sm_87`.
public struct CUDAArchitecture: Hashable, Sendable, CustomStringConvertible {
    let major: Int
    let minor: Int
    /// `a` or `f`: code for this very architecture, or for its family.
    let suffix: String

    /// `sm_87`, `sm_90a`; nil if it is no such name.
    public init?(_ name: String) {
        guard name.hasPrefix("sm_") else { return nil }
        let digits = name.dropFirst(3).prefix(while: \.isNumber)
        guard digits.count >= 2, let number = Int(digits) else { return nil }
        (major, minor) = (number / 10, number % 10)
        suffix = String(name.dropFirst(3 + digits.count))
    }

    /// `8.7`, as NVML tells a GPU's compute capability.
    public init?(capability: String) {
        let parts = capability.split(separator: ".").map { Int($0) }
        guard parts.count == 2, let major = parts[0], let minor = parts[1] else { return nil }
        (self.major, self.minor, suffix) = (major, minor, "")
    }

    /// Whether a GPU of this architecture can run machine code for `code`.
    ///
    /// Code runs on a later minor revision of the same major one, but a board's integrated GPU (8.7, 7.2 …) and a card do
    /// not run each other's. Source: “Binary Compatibility” in NVIDIA's CUDA C++ Programming Guide.
    public func runs(_ code: CUDAArchitecture) -> Bool {
        guard major == code.major, code.suffix.isEmpty else { return major == code.major && minor == code.minor }
        return minor == code.minor || (minor > code.minor && isIntegrated == code.isIntegrated)
    }

    private var isIntegrated: Bool { [53, 62, 72, 87, 101, 110].contains(major * 10 + minor) }

    /// The name, as NVIDIA's compiler takes it.
    public var description: String { "sm_\(major)\(minor)\(suffix)" }
}

extension AgentInfo {
    /// The device of this name; throws `device-missing`, which names those there are.
    public func device(named name: String) throws(Failure) -> Device {
        if let device = devices.first(where: { $0.name == name }) { return device }
        let names = devices.map(\.name).joined(separator: ", ")
        let driver = name.hasPrefix("cuda") ? " For a GPU, install NVIDIA's driver and restart the agent." : ""
        throw Failure(.deviceMissing, "there is no device “\(name)”; the board has \(names).\(driver)")
    }
}
