import JSON
import Testing

@testable import AgentAPI

private struct Board: Codable, Hashable {
    struct Limit: Codable, Hashable {
        var maxDegrees: Double
    }

    var name: String
    var threads: Int?
    var caFile: String?
    var limits: [Limit]?
    var tvm: [String: JSONValue]?
}

private struct File: Codable, Hashable {
    var boards: [Board]
}

private func read(_ text: String, _ unknownKeys: WireJSON.UnknownKeys = .reject) throws -> File {
    try WireJSON.decode(File.self, from: text.utf8, unknownKeys: unknownKeys)
}

private func problem(_ text: String) -> String? {
    do {
        _ = try read(text)
        return nil
    } catch {
        return "\(error)"
    }
}

@Suite struct StrictJSONTests {
    @Test("Keys are snake_case in JSON and camelCase in Swift, and free-form objects are kept unchanged")
    func reads() throws {
        let file = try read(
            """
            {"$schema": "x", "boards": [{"name": "é\\u00e9\\ud83d\\ude00", "ca_file": "a", "threads": 4,
              "limits": [{"max_degrees": 80.5}], "tvm": {"num-cores": 4, "Keys": [true, null, 1.5, "t"]}}]}
            """)
        #expect(
            file.boards == [
                Board(
                    name: "éé😀", threads: 4, caFile: "a", limits: [.init(maxDegrees: 80.5)],
                    tvm: [
                        "num-cores": .integer(4),
                        "Keys": .array([.bool(true), .null, .number(1.5), .string("t")]),
                    ])
            ])
    }

    @Test("What is written is read back")
    func roundTrip() throws {
        let file = File(boards: [Board(name: "n", limits: [.init(maxDegrees: 1)], tvm: ["a": .object([:])])])
        #expect(try WireJSON.decode(File.self, from: WireJSON.encode(file), unknownKeys: .reject) == file)
        #expect(String(decoding: try WireJSON.encode(file), as: UTF8.self).contains(#""max_degrees":1"#))
    }

    @Test(
        "A mistake is reported with its line, its path and what was probably meant",
        arguments: [
            (
                "{\"boards\": [\n {\"name\": \"a\",\n  \"thread\": 4}]}",
                "line 3: boards[0]: unknown key \"thread\". Did you mean \"threads\"?"
            ),
            (
                "{\"boards\": [\n {\"nmae\": \"a\"}]}",
                "line 2: boards[0]: unknown key \"nmae\". Did you mean \"name\"?"
            ),
            (
                "{\"boards\": [\n {\"threads\": 4,\n  \"tvm\": {}, \"limits\": []}]}",
                "line 2: boards[0]: key \"name\" is missing."
            ),
            ("{\"boards\": [\n\n {}]}", "line 3: boards[0]: key \"name\" is missing."),
            (
                "{\"boards\": [{\"name\": \"a\",\n\"threads\": \"4\"}]}",
                "line 2: boards[0].threads: expected a whole number, found a string."
            ),
            (
                "{\"boards\": [{\"name\": \"a\",\n\"threads\": 4.5}]}",
                "line 2: boards[0].threads: 4.5 is not a whole number in range."
            ),
            (
                "{\"boards\": [{\"name\": \"a\",\n\n\"name\": \"b\"}]}",
                "line 3: duplicate key \"name\", first on line 1. Keep one of them."
            ),
            ("{\"boards\": [1,]}", "line 1: expected a value. Remove the comma before it."),
            ("{\"boards\": []", "line 1: the document ends inside an object."),
            ("{\"boards\": []} x", "line 1: text after the end of the document."),
            ("// fleet\n{}", "line 1: unexpected “/”. JSON has no comments."),
            ("", "line 1: the document ends where a value is expected."),
            ("{\"boards\": \"\\ud800\"}", "line 1: a lone surrogate in \\u escape."),
            ("{\"boards\": 01}", "line 1: a number must not begin with 0."),
            (
                "{\"boards\": [{\"name\": \"a\",\n\"zzzzzzzz\": 1}]}",
                "line 2: boards[0]: unknown key \"zzzzzzzz\". Known are ca_file, limits, name, threads, tvm."
            ),
        ])
    func mistakes(text: String, expected: String) { #expect(problem(text) == expected) }

    @Test("Unknown keys from a peer are ignored")
    func lenient() throws {
        #expect(try read(#"{"boards": [{"name": "a", "colour": "red"}], "more": 1}"#, .ignore).boards.count == 1)
    }

    @Test("A document nested too deeply is refused, not a crash")
    func deep() { #expect(problem(String(repeating: "[", count: 100_000))?.contains("nested deeper") == true) }

    @Test("A document truncated anywhere is an error, never a crash")
    func truncated() {
        let text = Array(
            #"{"boards": [{"name": "a\n\u00e9", "threads": -1.5e3, "limits": [], "tvm": {"a": null}}]}"#.utf8)
        for length in 0..<text.count {
            #expect(throws: JSONError.self) { try WireJSON.decode(File.self, from: text[..<length]) }
        }
    }
}
