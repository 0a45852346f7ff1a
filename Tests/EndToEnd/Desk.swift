import JSON
import Store
import TestSupport

/// Runs the real `harness` in a folder of its own.
struct Desk {
    let folder: TemporaryFolder

    init(targets: String = Desk.local) throws {
        folder = try TemporaryFolder()
        try folder.write("targets.json", targets)
    }

    static let local = fleet("\"agent\": \"local\"")

    static func fleet(_ agent: String) -> String {
        "{\"schema\": \"harness.targets/1\", \"targets\": [{\"name\": \"x86\", \(agent), \"device\": \"cpu:0\", \"tvm\": {\"kind\": \"llvm\"}}]}"
    }

    var environment: [String: String] { ["XDG_STATE_HOME": "\(folder.path)/state"] }
    var database: String { "\(folder.path)/results.sqlite" }

    func start(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess([Fixtures.program("harness")] + arguments, environment: environment, in: folder.path)
    }

    @discardableResult
    func run(_ arguments: [String]) throws -> ChildProcess.Ending {
        try ChildProcess.run([Fixtures.program("harness")] + arguments, environment: environment, in: folder.path)
    }

    /// Arguments of a dispatch of these fixtures.
    func dispatch(
        _ bundles: [String], duration: String = "100ms", minQueries: Int = 10, data: Bool = true
    ) throws -> [String] {
        let fixtures = try Fixtures.folder()
        return ["dispatch", "--bundle"] + bundles.map { "\(fixtures)/\($0)" }
            + (data ? ["--dataset", "\(fixtures)/dataset"] : [])
            + ["--duration", duration, "--min-queries", "\(minQueries)", "--target", "x86"]
    }

    func store() throws -> ResultsStore { try ResultsStore(path: database, mode: .readOnly) }

    func events(_ ending: ChildProcess.Ending) throws -> [JSONValue] {
        try ending.output.split(separator: "\n").map { try WireJSON.decode(JSONValue.self, from: $0.utf8) }
    }
}
