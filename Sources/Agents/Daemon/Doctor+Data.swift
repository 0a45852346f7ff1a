import POSIX
import AgentAPI
import Glibc

extension Doctor {
    /// The data folder: it exists or can be made, is writable, private, and has room.
    var dataFolder: Finding {
        let path = configuration.dataFolder
        var status = stat()
        guard stat(path, &status) == 0 else {
            return errno == ENOENT ? folderToMake(path) : unusable(path, SystemError.reason(errno))
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { return unusable(path, "it is a file, not a folder") }
        guard access(path, R_OK | W_OK | X_OK) == 0 else {
            return .problem(
                "data",
                "\(path) belongs to \(Self.name(of: status.st_uid)); \(Self.name(of: geteuid())) may not write to it",
                remedy:
                    "Run as \(Self.name(of: status.st_uid)), as “runuser -u USER -- …” does, or choose another with --data."
            )
        }
        let (room, lacks) = space(at: path)
        if let lacks { return lacks }
        if geteuid() != status.st_uid {
            return .note(
                "data",
                "\(path) belongs to \(Self.name(of: status.st_uid)), but this is \(Self.name(of: geteuid())); \(room)",
                remedy: "To see what the agent sees: runuser -u \(Self.name(of: status.st_uid)) -- harness-agent doctor"
            )
        }
        guard status.st_mode & 0o077 == 0 else {
            return .note("data", "\(path): others may read it until the agent starts, which changes that; \(room)")
        }
        return .ok("data", "\(path): writable, private to its owner, \(room)")
    }

    private func folderToMake(_ path: String) -> Finding {
        var above = Folder.of(path)
        while access(above, F_OK) != 0, above.count > 1 { above = Folder.of(above) }
        guard access(above, W_OK | X_OK) == 0 else {
            return unusable(path, "it does not exist, and \(Self.name(of: geteuid())) may not create it in \(above)")
        }
        let (room, lacks) = space(at: above)
        return lacks ?? .ok("data", "\(path): the agent will create it, \(room)")
    }

    private func unusable(_ path: String, _ reason: String) -> Finding {
        .problem(
            "data", "\(path): \(reason)",
            remedy: "Choose another folder with --data, or: install -d -m 700 -o \(Self.name(of: geteuid())) \(path)")
    }

    /// How much room there is, and a problem if uploads would be refused.
    private func space(at path: String) -> (String, Finding?) {
        var disk = statvfs()
        guard statvfs(path, &disk) == 0 else { return ("free space unknown", nil) }
        let free = Int(disk.f_bavail) * Int(disk.f_frsize)
        let room = "\(free >> 20) MiB free"
        guard free <= configuration.keepFreeBytes else { return (room, nil) }
        return (
            room,
            .problem(
                "data", "\(path): \(room), but uploads leave the last \(configuration.keepFreeBytes >> 20) MiB free",
                remedy: "Make room, or lower --keep-free.")
        )
    }

    /// Whether an agent is running with this data folder.
    var isAgentRunning: Bool {
        do throws(SystemError) {
            let lock = try FileDescriptor(opening: configuration.dataFolder + "/lock", O_RDONLY)
            return flock(lock.rawValue, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
        } catch {
            return false
        }
    }

    /// A user's name, or the number of one without.
    static func name(of user: uid_t) -> String {
        getpwuid(user).map { String(cString: $0.pointee.pw_name) } ?? "user \(user)"
    }
}
