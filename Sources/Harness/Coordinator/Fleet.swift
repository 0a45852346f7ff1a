import POSIX
import JSON
import AgentAPI
import Glibc
import Statistics
import Text

/// targets.json: the boards that modules are compiled for and sent to.
public struct Fleet: Sendable {
    /// One board.
    public struct Target: Codable, Hashable, Sendable {
        /// Its name, unique in the fleet.
        public var name: String
        /// For people.
        public var description: String?
        /// `local`, or the agent's `http://HOST:PORT` or `https://HOST:PORT`.
        public var agent: String
        /// Certificate authorities to trust, PEM; relative to targets.json.
        public var caFile: String?
        /// File with the agent's token; relative to targets.json.
        public var tokenFile: String?
        /// What jobs run on: `cpu:0`, `cuda:0`.
        public var device: String
        /// Threads TVM may use; nil for as many as the board has cores.
        public var threads: Int?
        /// How far a run's readings may go before it is degraded; nil for the defaults.
        public var health: HealthLimits?
        /// What `tvm.target.Target` is made of.
        public var tvm: [String: JSONValue]

        /// Whether dispatch starts the agent itself.
        public var isLocal: Bool { agent == "local" }
    }

    private struct Document: Codable {
        var schema: String
        var targets: [Target]
    }

    /// The value of `schema` this version reads.
    public static let schemaName = "harness.targets/1"

    /// All boards, in the order of the file.
    public let targets: [Target]
    /// The file.
    public let path: String

    /// Reads a fleet, strictly; throws `InputError` with the line.
    public init(path: String) throws(InputError) {
        self.path = path
        let bytes = try InputFile.read(path, remedy: "Name the fleet's file with --targets.")
        targets = try InputFile.decode(bytes, of: path, \Document.schema, Self.schemaName) { document in
            try Self.check(document.targets, bytes)
        }.targets
    }

    private static func check(_ targets: [Target], _ bytes: [UInt8]) throws {
        var seen: Set<String> = []
        for (index, target) in targets.enumerated() {
            func problem(_ text: String, _ suggestion: String, _ key: WireJSON.PathStep) -> JSONError {
                WireJSON.error(text, suggestion: suggestion, at: ["targets", .init(index), key], in: bytes)
            }
            guard seen.insert(target.name).inserted else {
                throw problem("duplicate name \"\(target.name)\"", "Give every target its own name.", "name")
            }
            guard !target.name.isEmpty,
                target.name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) })
            else { throw problem("\"\(target.name)\" is not a name", "Use letters, digits, “.”, “_” and “-”.", "name") }
            guard target.isLocal || target.agent.hasPrefix("http://") || target.agent.hasPrefix("https://") else {
                throw problem(
                    "\"\(target.agent)\" is not an agent",
                    "Write \"local\", \"http://HOST:PORT\" or \"https://HOST:PORT\".", "agent")
            }
            guard DeviceName(target.device) != nil else {
                throw problem("\"\(target.device)\" is not a device", "Write \"cpu:0\" or \"cuda:0\".", "device")
            }
            guard target.health?.areUsable ?? true else {
                throw problem("no limit may be below 0", "Leave it out for its default.", "health")
            }
            guard target.threads ?? 1 >= 1 else {
                throw problem("threads must be at least 1", "Leave it out for all cores.", "threads")
            }
        }
    }

    /// The targets called `names`, in that order, or all if there are none; throws `InputError` with a suggestion.
    public func targets(named names: [String]) throws(InputError) -> [Target] {
        guard !names.isEmpty else { return targets }
        var chosen: [Target] = []
        for name in names {
            guard let target = targets.first(where: { $0.name == name }) else {
                let known = targets.map(\.name)
                let near = Spelling.nearest(to: name, among: known).map { " Did you mean \($0)?" }
                throw InputError(
                    "\(path) has no target “\(name)”.\(near ?? " There are \(known.joined(separator: ", ")).")")
            }
            if !chosen.contains(target) { chosen.append(target) }
        }
        return chosen
    }

    /// A path in targets.json, from the folder that file is in.
    public func resolve(_ relative: String) -> String {
        if relative.hasPrefix("/") { return relative }
        guard let slash = path.lastIndex(of: "/") else { return relative }
        return "\(path[..<slash])/\(relative)"
    }
}

/// What a user gave cannot be used; nothing was changed.
public struct InputError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, where, and what to do.
    public var message: String

    /// An error with this message.
    public init(_ message: String) { self.message = message }
    /// The message.
    public var description: String { message }
}

/// Reads files users name.
enum InputFile {
    static func read(_ path: String, remedy: String) throws(InputError) -> [UInt8] {
        do throws(SystemError) {
            return try File.read(path)
        } catch {
            throw InputError(
                "\(path) \(error.code == ENOENT ? "does not exist." : "cannot be read: \(error.reason).") \(remedy)")
        }
    }

    /// The content of a JSON file, without unknown keys and with a known schema; `check` looks for what else is wrong with it.
    static func decode<Document: Decodable>(
        _ bytes: [UInt8], of path: String, _ schema: (Document) -> String, _ known: String,
        check: (Document) throws -> Void = { _ in }
    ) throws(InputError) -> Document {
        do {
            let document = try WireJSON.decode(Document.self, from: bytes, unknownKeys: .reject)
            guard schema(document) == known else {
                throw WireJSON.error(
                    "schema “\(schema(document))” is not known", suggestion: "This version reads \(known).",
                    at: ["schema"], in: bytes)
            }
            try check(document)
            return document
        } catch {
            throw InputError("\(path): \(error)")
        }
    }

    /// Checks a file's size and SHA-256.
    static func verify(_ path: String, sizeBytes: Int, sha256: SHA256Digest, remedy: String) throws(InputError) {
        let bytes = try read(path, remedy: remedy)
        guard bytes.count == sizeBytes else {
            throw InputError("\(path) has \(bytes.count) bytes, its manifest says \(sizeBytes). \(remedy)")
        }
        let found = SHA256Digest(of: bytes)
        guard found == sha256 else {
            throw InputError("\(path) has SHA-256 \(found.short)…, its manifest says \(sha256.short)…. \(remedy)")
        }
    }
}
