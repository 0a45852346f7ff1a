import FoundationEssentials

/// Where this program lies, for finding what was installed beside it.
public enum OwnProgram {
    /// The program's file; its first word if /proc is not mounted.
    public static var path: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }

    /// The file `name` beside this program.
    public static func sibling(_ name: String) -> String { "\(folder(of: path))/\(name)" }

    /// A path without its last component.
    public static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
