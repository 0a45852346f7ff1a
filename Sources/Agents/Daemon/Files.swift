import AgentAPI
import FoundationEssentials
import Glibc

/// Makes a folder and those above it.
func makeFolder(_ path: String) throws(Failure) {
    // The folder itself first: it is there, or all but it, nearly always.
    if mkdir(path, 0o777) == 0 { return }
    if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex {
        try makeFolder(String(path[..<slash]))
        if mkdir(path, 0o777) == 0 { return }
    }
    var status = stat()
    guard errno == EEXIST, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
        let reason = String(cString: strerror(errno))
        throw Failure(.internalError, "\(path) cannot be made: \(reason). Choose another folder with --data.")
    }
}

/// A file's bytes; nil if it cannot be read.
///
/// By hand instead of with Foundation: these calls are all that a starting agent does with files, and Foundation's way
/// through URLs costs a small board half a megabyte of code that stays resident.
func readFile(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 14)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { return nil }
        if count == 0 { return bytes }
        bytes += buffer[..<count]
    }
}

/// Names in a folder, in no order; none if it cannot be read.
func namesInFolder(_ path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name != ".", name != ".." { names.append(name) }
    }
    return names
}

/// Size of a regular file; nil if there is none.
func fileSize(_ path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
}

/// What `errno` says of `path`, as a failure with a remedy.
func diskFailure(_ path: String) -> Failure {
    let reason = String(cString: strerror(errno))
    return errno == ENOSPC || errno == EDQUOT
        ? Failure(.diskFull, "\(path): \(reason). Make room and try again.")
        : Failure(.internalError, "\(path): \(reason).")
}

/// SHA-256 of a file's content, read in pieces.
func digestOfFile(_ path: String) throws(Failure) -> SHA256Digest {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw diskFailure(path) }
    defer { close(descriptor) }
    var hasher = SHA256Hasher()
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw diskFailure(path) }
        if count == 0 { return hasher.finish() }
        buffer.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
}

/// Writes a file beside `path`, flushes it to disk and renames it: whole or not at all.
func writeDurably(_ bytes: [UInt8], to path: String) throws(Failure) {
    let temporary = path + ".new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw diskFailure(path) }
    defer { close(descriptor) }
    try writeAll(bytes, to: descriptor, path: path)
    guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw diskFailure(path) }
}

/// Writes all of `bytes` to an open file.
func writeAll(_ bytes: some Collection<UInt8>, to descriptor: Int32, path: String) throws(Failure) {
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
        let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { throw diskFailure(path) }
        rest = rest.dropFirst(written)
    }
}
