import AgentWire
import FoundationEssentials
import Glibc

/// What can be said against a job without running anything.
struct Admission: Sendable {
    let blobs: BlobStore
    let info: AgentInfo

    /// Throws the first objection; `missing` collects blobs that must be sent before.
    func check(_ request: JobRequest, missing: inout [SHA256Digest]) throws(Failure) {
        guard Job.isValid(id: request.id) else {
            throw Failure(
                .invalidRequest, "“\(request.id)” is no job id: use 1 to 128 of A–Z, a–z, 0–9, “.”, “_”, “-”.")
        }
        try request.settings.check()
        guard info.runners.contains(request.runner) else {
            throw Failure(
                .runnerMissing,
                "there is no runner “\(request.runner)”; there are \(info.runners.joined(separator: ", ")).")
        }
        guard info.devices.contains(where: { $0.name == request.device }) else {
            let names = info.devices.map(\.name).joined(separator: ", ")
            throw Failure(.deviceMissing, "there is no device “\(request.device)”; the board has \(names).")
        }
        try checkRuntime(request)
        missing = try neededBlobs(request)
        guard missing.isEmpty else {
            throw Failure(
                .blobsMissing, "\(missing.count) blobs are missing: send them with PUT /v1/blobs/{sha256} first.")
        }
        try checkModule(request)
    }

    private func checkRuntime(_ request: JobRequest) throws(Failure) {
        guard request.runner == "tvm" else { return }
        guard let runtime = info.tvm else {
            throw Failure(
                .tvmMissing, info.runtimeProblem ?? "the board has no TVM runtime: give the agent one with --tvm DIR.")
        }
        guard runtime.version == request.bundle.tvm.version else {
            throw Failure(
                .tvmVersionMismatch,
                "the module was compiled with TVM \(request.bundle.tvm.version), the board has \(runtime.version): compile with that version, or install the other runtime on the board."
            )
        }
    }

    private func neededBlobs(_ request: JobRequest) throws(Failure) -> [SHA256Digest] {
        var needed = [request.bundle.module.sha256]
        if let dataset = request.datasetSha256 {
            needed.append(dataset)
            if blobs.size(dataset) != nil {
                do {
                    let bytes = try Data(contentsOf: URL(filePath: blobs.path(dataset)))
                    needed += try WireJSON.decode(DatasetManifest.self, from: bytes).files.map(\.sha256)
                } catch {
                    throw Failure(.datasetInvalid, "dataset.json is not valid: \(error)")
                }
            }
        }
        return blobs.missing(needed)
    }

    /// Looks at the module's ELF header: a module for another CPU must not end as a riddle in `dlopen`.
    private func checkModule(_ request: JobRequest) throws(Failure) {
        let path = blobs.path(request.bundle.module.sha256)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw diskFailure(path) }
        defer { close(descriptor) }
        var header = [UInt8](repeating: 0, count: 20)
        guard pread(descriptor, &header, header.count, 0) == header.count,
            header.starts(with: [0x7F, 0x45, 0x4C, 0x46])
        else { throw Failure(.wrongArchitecture, "the module is no ELF shared object: compile it for Linux.") }
        let machine = Int(header[18]) | Int(header[19]) << 8
        let names = [62: "x86_64", 183: "aarch64", 40: "arm (32-bit)", 3: "i386", 243: "riscv64"]
        let found = names[machine] ?? "ELF machine \(machine)"
        guard header[4] == 2, found == info.board.architecture else {
            throw Failure(
                .wrongArchitecture,
                "the module is for \(found), the board is \(info.board.architecture): compile the bundle for target “\(request.bundle.target.name)” again, with the board's mtriple."
            )
        }
    }
}
