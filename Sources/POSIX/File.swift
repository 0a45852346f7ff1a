import Glibc

/// Files by their path.
public enum File {
    /// A file's bytes.
    ///
    /// By hand instead of with Foundation: these calls are all that a starting agent does with files, and Foundation's way
    /// through URLs costs a small board half a megabyte of code that stays resident.
    public static func read(_ path: String) throws(SystemError) -> [UInt8] {
        try FileDescriptor(opening: path, O_RDONLY).readAll()
    }

    /// Writes a file so that a reader sees the old content or the new one, never a part of it.
    ///
    /// `durably` also waits until both the content and the name are on the disk, so that a power cut leaves one of the two.
    public static func write(_ bytes: [UInt8], to path: String, durably: Bool = false) throws(SystemError) {
        let temporary = "\(path).\(getpid()).new"
        do throws(SystemError) {
            let file = try FileDescriptor(opening: temporary, O_WRONLY | O_CREAT | O_TRUNC)
            try file.writeAll(bytes)
            if durably { try file.synchronize() }
            try move(temporary, to: path, durably: durably)
        } catch {
            unlink(temporary)
            throw SystemError("\(path) cannot be written", code: error.code)
        }
    }

    /// Gives a file another name, in place of one that had it; `durably` waits until the name is on the disk.
    public static func move(_ path: String, to target: String, durably: Bool = false) throws(SystemError) {
        guard rename(path, target) == 0 else { throw SystemError("\(path) cannot be moved to \(target)") }
        if durably { try FileDescriptor(opening: Folder.of(target), O_RDONLY | O_DIRECTORY).synchronize() }
    }

    /// Size of a regular file in bytes; nil if there is none.
    public static func size(_ path: String) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }

    /// Whether anything is at `path`.
    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Whether this user may read what is at `path`.
    public static func isReadable(_ path: String) -> Bool { access(path, R_OK) == 0 }

    /// Whether this user may run what is at `path`.
    public static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

    /// Where a symbolic link leads; nil if it is none.
    public static func destination(ofLink path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &buffer, buffer.count)
        return count < 0 ? nil : String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Folders by their path.
public enum Folder {
    /// Makes a folder and those above it.
    public static func make(_ path: String) throws(SystemError) {
        // The folder itself first: it is there, or all but it, nearly always.
        if mkdir(path, 0o777) == 0 { return }
        if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            try make(String(path[..<slash]))
            if mkdir(path, 0o777) == 0 { return }
        }
        let code = errno
        var status = stat()
        guard code == EEXIST, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw SystemError("\(path) cannot be created", code: code)
        }
    }

    /// Names in a folder, in no order; none if it cannot be read.
    public static func names(_ path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes a folder with all that is in it; links are removed, not followed. Nothing happens if it is not there.
    public static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            unlink(path)
            return
        }
        for name in names(path) { remove("\(path)/\(name)") }
        rmdir(path)
    }

    /// A path without its last component.
    public static func of(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
