import FoundationEssentials
import TestSupport
import Testing

@testable import CommandParser

private enum Served: Command {
    static let config = Option.optional("config", .file(), environment: "SERVED_CONFIG", "The file.")
    static let data = Option.required("data", .directory(), "Folder.")
    static let listen = Option.one("listen", .text("ADDRESS"), default: "loopback", environment: "LISTEN", "Address.")
    static let keep = Option.optional("keep", .bytes(), "Size.")
    static let runner = Option.list("runner", .text("NAME"), "Programs.")
    static func described(defaultPath: String) -> CommandSpec {
        CommandSpec(
            name: "served", summary: "serves", parameters: [data, listen, keep, runner],
            configuration: ConfigurationFile(
                option: config, defaultPath: defaultPath, summary: "options of served",
                keys: [data, listen, keep, runner], standsInFor: data))
    }
    static let spec = described(defaultPath: "/nowhere/served.conf")
    static func run(_ arguments: ParsedArguments) async throws -> ExitCode { .done }
}

@Suite struct ConfigurationFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func parse(
        _ words: [String], environment: [String: String] = [:], defaultPath: String = "/nowhere/served.conf"
    ) throws -> ParsedArguments {
        let parser = ArgumentParser(spec: Served.described(defaultPath: defaultPath), environment: environment)
        guard case .arguments(let arguments) = try parser.parse(words) else { throw UsageError("help") }
        return arguments
    }

    private func message(_ text: String) throws -> String? {
        let file = try folder.write("served.conf", text)
        return caught(UsageError.self) { try parse(["--config", file]) }?.message.replacing(file, with: "FILE")
    }

    @Test("A file gives options their values; comments, blank lines and white space do not count")
    func values() throws {
        let file = try folder.write(
            "served.conf",
            "# all of it\n\n  data =  /a folder/with = and #  \r\nrunner=x=1\nrunner = y\n\tkeep\t=\t1KiB")
        let arguments = try parse(["--config", file])
        #expect(arguments[Served.data] == "/a folder/with = and #")
        #expect(arguments[Served.runner] == ["x=1", "y"])
        #expect(arguments[Served.keep] == 1024)
        #expect(arguments[Served.listen] == "loopback")
    }

    @Test("The command line goes before the environment, that before the file, and the file before the default")
    func order() throws {
        let file = try folder.write("served.conf", "data = file\nlisten = file\nrunner = file\n")
        let named = ["SERVED_CONFIG": file]
        #expect(try parse([], environment: named)[Served.listen] == "file")
        let environment = named.merging(["LISTEN": "environment"]) { $1 }
        #expect(try parse([], environment: environment)[Served.listen] == "environment")
        let arguments = try parse(["--listen", "line", "--runner", "line"], environment: environment)
        #expect(arguments[Served.listen] == "line" && arguments[Served.runner] == ["line"])
        #expect(arguments[Served.data] == "file")
        // A file named on the command line goes before one named by the environment.
        let other = try folder.write("other.conf", "data = other\n")
        #expect(try parse(["--config", other], environment: named)[Served.data] == "other")
    }

    @Test("The file in its default place is read unasked only where the option it stands in for is not given")
    func usualPlace() throws {
        let file = try folder.write("served.conf", "data = usual\nlisten = usual\n")
        #expect(try parse([], defaultPath: file)[Served.listen] == "usual")
        #expect(try parse(["--data", "mine"], defaultPath: file)[Served.listen] == "loopback")
        let error = caught(UsageError.self) { try parse([]) }
        #expect(error?.message == "--data is missing: give it, or a file that has it with --config")
    }

    @Test(
        "A mistake is named with its line and what was probably meant",
        arguments: [
            ("data = x\nlistne = y\n", "FILE, line 2: the key “listne” is not known. Did you mean listen?"),
            ("# c\nconfig = x\n", "FILE, line 2: the key “config” is not known. Known are data, listen, keep, runner."),
            ("data x\n", "FILE, line 1: “data x” is not “key = value”; a comment begins with “#”"),
            ("data =\n", "FILE, line 1: data has no value; put “#” before the line for the default"),
            ("data = x\n\ndata = y\n", "FILE, line 3: data is already set in line 1; delete one of them"),
            ("data = x\nkeep = 9MB\n", "FILE, line 2: keep: “9MB” is not a size; write for example 200MiB or 1GiB"),
        ])
    func mistakes(text: String, expected: String) throws { #expect(try message(text) == expected) }

    @Test("A named file that does not exist is an error")
    func missing() {
        let error = caught(UsageError.self) { try parse(["--config", "/nowhere/named.conf"]) }
        #expect(error?.message.hasPrefix("/nowhere/named.conf cannot be read") == true)
    }
}
