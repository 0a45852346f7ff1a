import POSIX

/// Where this program lies, for finding what was installed beside it.
public enum OwnProgram {
    /// The program's file; its first argument if /proc is not mounted.
    public static var path: String { File.destination(ofLink: "/proc/self/exe") ?? CommandLine.arguments[0] }

    /// The file `name` beside this program.
    public static func sibling(_ name: String) -> String { "\(Folder.of(path))/\(name)" }
}
