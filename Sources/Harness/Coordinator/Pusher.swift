import AgentClient
import AgentAPI

/// Sends the files of a bundle and a data set that a board lacks.
struct Pusher: Sendable {
    /// What was sent, and what the board already had.
    struct Pushed: Sendable {
        var sentFiles = 0
        var sentBytes = 0
        var skippedFiles = 0
        var skippedBytes = 0
        /// Of `sentBytes`, those of the module.
        var moduleBytes = 0
    }

    private struct File {
        var digest: SHA256Digest
        var path: String
        var size: Int
    }

    let client: AgentClient

    func push(_ bundle: BundleFolder, _ dataset: DatasetFolder?) async throws -> Pushed {
        let module = bundle.manifest.module
        var files = [File(digest: module.sha256, path: bundle.modulePath, size: module.sizeBytes)]
        if let dataset {
            let manifest = "\(dataset.folder)/dataset.json"
            files.append(File(digest: dataset.sha256, path: manifest, size: dataset.manifestSizeBytes))
            files += dataset.manifest.files.map {
                File(digest: $0.sha256, path: "\(dataset.folder)/\($0.path)", size: $0.sizeBytes)
            }
        }
        var held: [SHA256Digest: Int] = [:]
        for missing in try await client.missing(files.map(\.digest)) { held[missing.sha256] = missing.heldBytes }
        var pushed = Pushed()
        for file in files {
            // Equal files (empty masks) are one blob, sent once.
            guard let heldBytes = held.removeValue(forKey: file.digest) else {
                pushed.skippedFiles += 1
                pushed.skippedBytes += file.size
                continue
            }
            let sent = try await client.put(file.digest, file: file.path, size: file.size, heldBytes: heldBytes)
            pushed.sentFiles += 1
            pushed.sentBytes += sent
            if file.digest == module.sha256 { pushed.moduleBytes += sent }
        }
        return pushed
    }
}
