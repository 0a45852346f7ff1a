import FoundationEssentials
import TestSupport

@testable import AgentDaemon

/// A board's files, written out below a temporary folder from one text in `Boards`.
struct BoardTree {
    let folder: TemporaryFolder
    let facts: BoardFacts

    init(_ name: String, architecture: String) throws {
        let file = "\(Fixtures.checkout)/Tests/DaemonTests/Boards/\(name).tree"
        let text = String(decoding: try contents(file), as: UTF8.self)
        folder = try TemporaryFolder()
        for part in text.split(separator: "\n== ").dropFirst() {
            guard let end = part.firstIndex(of: "\n") else { continue }
            let content = String(part[part.index(after: end)...]).replacing("␀", with: "\0") + "\n"
            for (path, number) in Self.expanded(String(part[..<end])) {
                try folder.write(String(path.dropFirst()), content.replacing("{}", with: number))
            }
        }
        facts = BoardFacts(root: folder.path, architecture: architecture)
    }

    /// `/a{0..2}` as `/a0`, `/a1`, `/a2`, each with its number.
    private static func expanded(_ path: String) -> [(String, String)] {
        guard let open = path.firstIndex(of: "{"), let close = path.firstIndex(of: "}") else { return [(path, "")] }
        let ends = path[path.index(after: open)..<close].split(separator: ".").compactMap { Int($0) }
        return (ends[0]...ends[1]).map { (path[..<open] + "\($0)" + path[path.index(after: close)...], "\($0)") }
    }
}
