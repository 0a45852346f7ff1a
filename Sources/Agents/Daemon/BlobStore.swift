import POSIX
import AgentAPI
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
        for path in [folder, partialFolder] { try asFailure { try Folder.make(path) } }
    }

    func path(_ digest: SHA256Digest) -> String { "\(folder)/\(digest.hex)" }

    /// Size of a whole blob; nil if it is not here.
    func size(_ digest: SHA256Digest) -> Int? { File.size(path(digest)) }

    /// Bytes of an interrupted upload.
    func heldBytes(_ digest: SHA256Digest) -> Int { File.size("\(partialFolder)/\(digest.hex)") ?? 0 }

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
            let file = try asFailure { try FileDescriptor(opening: path, O_WRONLY | O_CREAT | O_APPEND) }
            return Upload(store: self, digest: digest, file: file)
        } catch {
            done(digest)
            throw error
        }
    }

    /// Takes in a file that a runner left, as the blob that its content says.
    func adopt(_ path: String) throws(Failure) -> SHA256Digest {
        try asFailure {
            let digest = try SHA256Digest(ofFile: path)
            try File.move(path, to: self.path(digest))
            return digest
        }
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
        private let file: FileDescriptor
        private var failure: Failure?

        fileprivate init(store: BlobStore, digest: SHA256Digest, file: consuming FileDescriptor) {
            (self.store, self.digest) = (store, digest)
            self.file = file
        }

        /// Appends bytes; an error is kept for `finish`, so that the client is answered after its last byte.
        func append(_ bytes: UnsafeRawBufferPointer) {
            guard failure == nil else { return }
            do throws(SystemError) { try file.writeAll(bytes) } catch { failure = Failure(error) }
        }

        /// Verifies the whole file and makes it visible; throws `hash-mismatch` and forgets it if it is another.
        func finish() throws(Failure) {
            defer { abandon() }
            if let failure { throw failure }
            let found = try asFailure {
                try file.synchronize()
                return try SHA256Digest(ofFile: file.name)
            }
            guard found == digest else {
                unlink(file.name)
                throw Failure(
                    .hashMismatch, "the bytes sent have SHA-256 \(found), not \(digest): send the blob again.")
            }
            try asFailure { try File.move(file.name, to: store.path(digest)) }
        }

        /// Ends the upload; what was written stays for the next.
        func abandon() { store.done(digest) }
    }
}
