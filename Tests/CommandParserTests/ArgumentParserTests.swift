import Testing

@testable import CommandParser

private enum Sample: Command {
    static let bundles = Option.list("bundle", .directory(), "Bundles.")
    static let database = Option.one("db", .file(), default: "results.sqlite", environment: "SAMPLE_DB", "Database.")
    static let threads = Option.optional("threads", short: "t", .integer(in: 1...64), "Threads.")
    static let duration = Option.one("duration", .duration(), default: 10_000_000_000, shown: "10s", "Duration.")
    static let window = Option.optional("window", .duration(atLeast: 100_000_000), "Window.")
    static let memory = Option.optional("memory", .bytes(), "Memory.")
    static let json = Option.flag("json", "Events.")
    static let resume = Option.optionalValue("resume", .text("ID"), "Resume.")
    static let format = Option.one(
        "format", .choices("LIST", ["html", "md"]), default: ["html"], shown: "html", "Form.")
    static let rest = Positional.list("file", .file(), "Files.")
    static let spec = CommandSpec(
        name: "sample", summary: "tries everything", discussion: "One paragraph.\n\nAnother.",
        parameters: [bundles, database, threads, duration, window, memory, json, resume, format, rest],
        examples: [.init("sample --json", "prints events")])
    static func run(_ arguments: ParsedArguments) async throws -> ExitCode { .done }
}

private enum Strict: Command {
    static let file = Positional.required("file", .file(), "The file.")
    static let name = Option.required("name", .text("NAME"), "The name.")
    static let spec = CommandSpec(name: "strict", summary: "wants everything", parameters: [file, name])
    static func run(_ arguments: ParsedArguments) async throws -> ExitCode { .failed }
}

private func parse(_ words: [String], environment: [String: String] = [:]) throws -> ParsedArguments {
    let parser = ArgumentParser(spec: Sample.spec, environment: environment)
    guard case .arguments(let arguments) = try parser.parse(words) else { throw UsageError("help") }
    return arguments
}

private func message(_ words: [String], spec: CommandSpec = Sample.spec) -> String? {
    do {
        _ = try ArgumentParser(spec: spec, environment: [:]).parse(words)
        return nil
    } catch {
        return error.message
    }
}

@Suite struct ArgumentParserTests {
    @Test("Defaults hold where nothing is given")
    func defaults() throws {
        let arguments = try parse([])
        #expect(arguments[Sample.bundles] == [])
        #expect(arguments[Sample.database] == "results.sqlite")
        #expect(arguments[Sample.threads] == nil)
        #expect(arguments[Sample.duration] == 10_000_000_000)
        #expect(!arguments[Sample.json])
        #expect(arguments[Sample.resume] == .absent)
    }

    @Test("A list takes values up to the next option, and may be repeated")
    func lists() throws {
        let arguments = try parse(["--bundle", "a", "b", "--json", "--bundle=c", "--", "--file"])
        #expect(arguments[Sample.bundles] == ["a", "b", "c"])
        #expect(arguments[Sample.json])
        #expect(arguments[Sample.rest] == ["--file"])
    }

    @Test("A value may follow an equals sign, a space or a short name")
    func forms() throws {
        #expect(try parse(["--threads=4"])[Sample.threads] == 4)
        #expect(try parse(["--threads", "4"])[Sample.threads] == 4)
        #expect(try parse(["-t", "4"])[Sample.threads] == 4)
    }

    @Test("An environment variable is a default, and the command line goes before it")
    func environment() throws {
        let environment = ["SAMPLE_DB": "other.sqlite"]
        #expect(try parse([], environment: environment)[Sample.database] == "other.sqlite")
        #expect(try parse(["--db", "mine"], environment: environment)[Sample.database] == "mine")
    }

    @Test("An optional value is absent, present without or present with")
    func optionalValue() throws {
        #expect(try parse(["--resume"])[Sample.resume] == .present(nil))
        #expect(try parse(["--resume", "--json"])[Sample.resume] == .present(nil))
        #expect(try parse(["--resume", "x"])[Sample.resume] == .present("x"))
    }

    @Test(
        "Durations and sizes have units",
        arguments: [
            ("250ms", 250_000_000), ("10", 10_000_000_000), ("1.5m", 90_000_000_000), ("1h", 3_600_000_000_000),
        ]
            as [(String, Int64)])
    func durations(text: String, nanoseconds: Int64) throws {
        #expect(try parse(["--duration", text])[Sample.duration] == nanoseconds)
        #expect(try parse(["--memory", "200MiB"])[Sample.memory] == 200 << 20)
    }

    @Test(
        "A mistake is named, with what was probably meant",
        arguments: [
            (["--bundel", "x"], "unknown option --bundel. Did you mean --bundle?"),
            (["--threads"], "--threads needs a value: N"), (["--json=1"], "--json takes no value"),
            (["--threads", "many"], "--threads: “many” is not a whole number"),
            (["--threads", "65"], "--threads: 65 is out of range: from 1 to 64"),
            (["--duration", "fast"], "--duration: “fast” is not a duration; write for example 250ms, 10s, 2m or 1h"),
            (["--window", "0s"], "--window: “0s” is too short; the minimum is 0.1 s"),
            (["--memory", "9MB"], "--memory: “9MB” is not a size; write for example 200MiB or 1GiB"),
            (["--format", "html,mdd"], "--format: “mdd” is not known. Did you mean md?"), (["-x"], "unknown option -x"),
        ])
    func mistakes(words: [String], expected: String) { #expect(message(words) == expected) }

    @Test("What is required is asked for, and what is too much is refused")
    func required() {
        #expect(message(["file"], spec: Strict.spec) == "--name is missing")
        #expect(message(["--name", "n"], spec: Strict.spec) == "FILE is missing: The file.")
        #expect(message(["--name", "n", "a", "b"], spec: Strict.spec) == "unexpected argument “b”")
    }
}

@Suite struct HelpTests {
    private let tree = CommandTree.group(
        name: "tool", summary: "is a tool",
        [.command(Sample.self), .group(name: "more", summary: "holds more", [.command(Strict.self)])])

    @Test("A command's help names every option with its default, allowed values and exit statuses")
    func command() {
        let text = HelpPage(path: [tree, .command(Sample.self)], width: 72).text
        for part in [
            "tool sample – tries everything", "--bundle DIR…", "-t, --threads N", "Default: results.sqlite.",
            "Default: 10s.", "One of: html, md.", "SAMPLE_DB", "--resume [ID]", "130   interrupted", "prints events",
        ] {
            #expect(text.contains(part), "\(part)")
        }
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 72 })
    }

    @Test("A group's help names its commands")
    func group() {
        let text = HelpPage(path: [tree], width: 80).text
        #expect(text.contains("sample\n          tries everything"))
        #expect(text.contains("more\n          holds more"))
    }

    @Test("A command with commands under its name has both, and options alone are its own")
    func commandWithCommands() async throws {
        let tree = CommandTree.command(Strict.self, [.command(Sample.self)])
        let text = HelpPage(path: [tree], width: 80).text
        #expect(text.contains("strict --name NAME FILE\n    strict COMMAND [OPTION…]"))
        #expect(text.contains("sample\n          tries everything") && text.contains("--name NAME\n"))
        let program = Program(root: tree, version: "1")
        #expect(await program.run(["--name", "n", "--", "file"], environment: [:]) == .failed)
        #expect(await program.run(["sample"], environment: [:]) == .done)
        #expect(await program.run(["smaple"], environment: [:]) == .usage)
        #expect(await program.run(["--nmae", "n"], environment: [:]) == .usage)
        for shell in ["bash", "fish"] {
            let script = program.completions(for: shell)
            #expect(script.contains("sample") && script.contains("threads") && script.contains("name"))
        }
    }

    @Test("Completions of every shell know all commands and options", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) {
        let text = Program(root: tree, version: "1").completions(for: shell)
        for word in ["sample", "more", "strict", "bundle", "threads", "html md"] {
            #expect(text.contains(word), "\(word)")
        }
    }
}
