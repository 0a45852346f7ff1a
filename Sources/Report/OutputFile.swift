import FoundationEssentials
import Glibc

/// Why a file could not be written, with its path.
public struct OutputError: Error, Hashable, CustomStringConvertible {
    /// The file, or the folder that should hold it.
    public var path: String
    /// What the system says.
    public var reason: String

    /// A sentence with a remedy.
    public var description: String {
        "\(path) cannot be written: \(reason). Choose another folder with --output, or make room and set its permissions."
    }
}

/// Files that a command writes for its user.
public enum OutputFile {
    /// Writes a file whole or not at all, making its folder first; throws `OutputError`.
    public static func write(_ bytes: [UInt8], to folder: String, _ name: String) throws(OutputError) {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch { throw OutputError(path: folder, reason: reason(error)) }
        let path = "\(folder)/\(name)"
        do { try Data(bytes).write(to: URL(filePath: path), options: .atomic) } catch {
            throw OutputError(path: path, reason: reason(error))
        }
    }

    /// Foundation's errors name an errno beneath them, which says more than they do.
    private static func reason(_ error: any Error) -> String {
        guard let cocoa = error as? CocoaError else { return "\(error)" }
        if let posix = cocoa.underlying as? POSIXError { return String(cString: strerror(posix.code.rawValue)) }
        return switch cocoa.code {
        case .fileWriteNoPermission: String(cString: strerror(EACCES))
        case .fileWriteOutOfSpace: String(cString: strerror(ENOSPC))
        case .fileWriteVolumeReadOnly: String(cString: strerror(EROFS))
        case .fileWriteFileExists: "a file is in the way"
        case .fileNoSuchFile, .fileReadNoSuchFile: String(cString: strerror(ENOENT))
        default: "error \(cocoa.code.rawValue)"
        }
    }
}
