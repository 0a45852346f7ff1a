import POSIX
import JSON
import AgentAPI

/// Reasons to refuse a job before anything is run.
struct Admission: Sendable {
    let blobs: BlobStore
    let info: AgentInfo

    /// Throws the first objection; `missing` collects blobs that must be sent before.
    func check(_ request: JobRequest, missing: inout [SHA256Digest]) throws(Failure) {
        guard Job.isValid(id: request.id) else {
            throw Failure(
                .invalidRequest, "“\(request.id)” is not a job id: use 1 to 128 of A–Z, a–z, 0–9, “.”, “_”, “-”.")
        }
        try request.settings.check()
        let preflight = Preflight(bundle: request.bundle, info: info, device: request.device, runner: request.runner)
        if let objection = preflight.objections.first { throw objection }
        missing = try neededBlobs(request)
        guard missing.isEmpty else {
            throw Failure(
                .blobsMissing, "\(missing.count) blobs are missing: send them with PUT \(Route.putBlob.path) first.")
        }
        if request.runner == BundleManifest.tvmRunner { try checkModule(request) }
    }

    private func neededBlobs(_ request: JobRequest) throws(Failure) -> [SHA256Digest] {
        var needed = [request.bundle.module.sha256]
        if let dataset = request.datasetSha256 {
            needed.append(dataset)
            if blobs.size(dataset) != nil {
                do {
                    let bytes = try File.read(blobs.path(dataset))
                    needed += try WireJSON.decode(DatasetManifest.self, from: bytes).files.map(\.sha256)
                } catch {
                    throw Failure(.datasetInvalid, "dataset.json is not valid: \(error)")
                }
            }
        }
        return blobs.missing(needed)
    }

    /// Looks at the module itself, whatever its manifest says: one for another CPU must fail here, not in `dlopen`.
    private func checkModule(_ request: JobRequest) throws(Failure) {
        let path = blobs.path(request.bundle.module.sha256)
        guard let found = try ELFFile.architecture(of: path) else {
            throw Failure(.wrongArchitecture, "the module is not an ELF shared object: compile it for Linux.")
        }
        guard found == info.board.architecture else {
            throw Failure(
                .wrongArchitecture,
                "the module is for \(found), the board is \(info.board.architecture): compile the bundle for target “\(request.bundle.target.name)” again, with the board's mtriple."
            )
        }
    }
}
