import TestSupport
import Testing

/// Output that cannot be written, of the real program.
@Suite struct OutputTests {
    private let harness: String

    init() throws { harness = "'\(try Fixtures.program("harness"))'" }

    private func shell(_ script: String) throws -> (status: Int32?, output: String, error: String) {
        let ending = try ChildProcess.run(["/bin/sh", "-c", script])
        return (ending.status, ending.output, ending.error)
    }

    @Test("A full disk behind standard output is said once, with the reason, and the status is 1")
    func full() throws {
        let ending = try shell("\(harness) completions bash >/dev/full")
        #expect(ending.status == 1)
        #expect(ending.error == "harness: standard output cannot be written: No space left on device.\n")
    }

    @Test("A reader that has gone ends the program in silence, as SIGPIPE does, also where that signal is ignored")
    func reader() throws {
        for trap in ["", "trap '' PIPE; "] {
            // The status of the first program of the pipe, whose reader never reads.
            let ending = try shell("{ \(trap)sleep 0.2; \(harness) completions bash; echo $? >&2; } | true")
            #expect(ending.error == "141\n", "\(ending.error)")
        }
    }

    @Test("A file in the way of a folder is named with the reason and a remedy, not as Foundation's error")
    func folder() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("file", "")
        let database = "\(folder.path)/r.sqlite"
        let made = try shell(
            "cp '\(Fixtures.checkout)/Tests/Golden/version-0.1.0.sqlite' '\(database)'; \(harness) db check --db '\(database)'"
        )
        try #require(made.status == 0, "\(made.error)")
        for command in ["report", "runs export --format csv", "runs export --format mlperf 1"] {
            let ending = try shell("\(harness) \(command) --db '\(database)' --output '\(file)/in'")
            #expect(ending.status == 1 && ending.error.contains("\(file)/in"), "\(ending.error)")
            #expect(
                ending.error.contains("cannot be written: Not a directory") && ending.error.contains("--output"),
                "\(ending.error)")
            #expect(!ending.error.contains("Domain") && !ending.error.contains("Error"), "\(ending.error)")
        }
    }
}
