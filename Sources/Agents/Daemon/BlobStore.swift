import AgentAPI
import FoundationEssentials
import Glibc

/// Files named by their SHA-256: uploaded with resume, verified, and only then visible.
///
/// `partial/<digest>` grows during an upload and survives an interruption; `blobs/<digest>` is whole and never changes.
final class BlobStore: Sendable {
    /// Folder in which a blob lies under its digest.
    let folder: String
    private let partialFolder: String
    private let keepFreeBytes: Int
    /// Digests being uploaded: one upload a blob at a time.
    private let busy = Monitor(Set<SHA256Digest>())

    /// Makes the folders below `root` if they are missing; `keepFreeBytes` of the disk are never filled.
    init(root: String, keepFreeBytes: Int) throws(Failure) {
        folder = root + "/blobs"
        partialFolder = root + "/partial"
        self.keepFreeBytes = keepFreeBytes
        for path in [folder, partialFolder] { try makeFolder(path) }
    }

    func path(_ digest: SHA256Digest) -> String { "\(folder)/\(digest.hex)" }

    /// Size of a whole blob; nil if it is not here.
    func size(_ digest: SHA256Digest) -> Int? { fileSize(path(digest)) }

    /// Bytes of an interrupted upload.
    func heldBytes(_ digest: SHA256Digest) -> Int { fileSize("\(partialFolder)/\(digest.hex)") ?? 0 }

    /// Which of `digests` are not here whole, in order.
    func missing(_ digests: [SHA256Digest]) -> [SHA256Digest] { digests.filter { size($0) == nil } }

    /// Begins or continues an upload; waits for another upload of the same blob to end.
    ///
    /// Returns nil if the blob is here. Throws `offset-mismatch` or `disk-full`.
    func upload(_ digest: SHA256Digest, offset: Int, length: Int?) throws(Failure) -> Upload? {
        busy.wait { busy in busy.insert(digest).inserted ? () : nil }
        do throws(Failure) {
            if size(digest) != nil {
                done(digest)
                return nil
            }
            let held = heldBytes(digest)
            guard offset == held else {
                throw Failure(.offsetMismatch, "\(held) bytes are held: continue there with Upload-Offset: \(held).")
            }
            try checkSpace(length ?? 0)
            let path = "\(partialFolder)/\(digest.hex)"
            let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw diskFailure(path) }
            return Upload(store: self, digest: digest, descriptor: descriptor, partialPath: path)
        } catch {
            done(digest)
            throw error
        }
    }

    /// Takes in a file that a runner left, as the blob that its content says.
    func adopt(_ path: String) throws(Failure) -> SHA256Digest {
        let digest = try digestOfFile(path)
        guard rename(path, self.path(digest)) == 0 else { throw diskFailure(self.path(digest)) }
        return digest
    }

    private func checkSpace(_ length: Int) throws(Failure) {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return }
        let free = Int(status.f_bavail) * Int(status.f_frsize)
        guard free - length >= keepFreeBytes else {
            throw Failure(
                .diskFull,
                "\(free >> 20) MiB are free, \(length >> 20) MiB are to be stored and \(keepFreeBytes >> 20) MiB kept free: make room in \(folder)."
            )
        }
    }

    fileprivate func done(_ digest: SHA256Digest) { busy.withLock { _ = $0.remove(digest) } }

    /// One upload in progress; ended by `finish` or `abandon`.
    final class Upload {
        private let store: BlobStore
        private let digest: SHA256Digest
        private let descriptor: Int32
        private let partialPath: String
        private var failure: Failure?

        fileprivate init(store: BlobStore, digest: SHA256Digest, descriptor: Int32, partialPath: String) {
            self.store = store
            self.digest = digest
            self.descriptor = descriptor
            self.partialPath = partialPath
        }

        /// Appends bytes; an error is kept for `finish`, so that the client is answered after its last byte.
        func append(_ bytes: UnsafeRawBufferPointer) {
            guard failure == nil else { return }
            var rest = bytes
            while !rest.isEmpty {
                let written = write(descriptor, rest.baseAddress, rest.count)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else {
                    failure = diskFailure(partialPath)
                    return
                }
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            }
        }

        /// Verifies the whole file and makes it visible; throws `hash-mismatch` and forgets it if it is another.
        func finish() throws(Failure) {
            defer { abandon() }
            if let failure { throw failure }
            guard fsync(descriptor) == 0 else { throw diskFailure(partialPath) }
            let found = try digestOfFile(partialPath)
            guard found == digest else {
                unlink(partialPath)
                throw Failure(
                    .hashMismatch, "the bytes sent have SHA-256 \(found), not \(digest): send the blob again.")
            }
            guard rename(partialPath, store.path(digest)) == 0 else { throw diskFailure(partialPath) }
        }

        /// Ends the upload; what was written stays for the next.
        func abandon() {
            close(descriptor)
            store.done(digest)
        }
    }
}
