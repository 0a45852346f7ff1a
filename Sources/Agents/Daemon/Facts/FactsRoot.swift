import POSIX

/// Small files of the kernel's, read below a folder that tests can choose; what is not there is nil.
struct FactsRoot: Sendable {
    /// Put before every path; empty for the real ones.
    let path: String

    /// A file's whole content.
    func content(_ file: String) -> String? {
        (try? File.read(path + file)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A file's first line, without zero bytes (device trees end their texts so) and space around it; nil if that is empty.
    func text(_ file: String) -> String? {
        guard let line = content(file)?.split(separator: "\n").first else { return nil }
        let scalars = String.UnicodeScalarView(line.unicodeScalars.filter { $0 != "\0" })
        let text = String(scalars).split(separator: " ").joined(separator: " ")
        return text.isEmpty ? nil : text
    }

    /// The texts of a device tree's list, which zero bytes separate.
    func deviceTreeTexts(_ file: String) -> [String] {
        content(file)?.split(whereSeparator: { $0 == "\0" || $0 == "\n" }).map(String.init) ?? []
    }

    /// A decimal number that stands alone in a file.
    func number(_ file: String) -> Int? { text(file).flatMap { Int($0) } }

    /// `name: value` lines, the first of each name.
    func fields(_ file: String) -> [String: String] {
        var fields: [String: String] = [:]
        for (name, value) in allFields(file) where fields[name] == nil { fields[name] = value }
        return fields
    }

    /// `name: value` lines, all of them, in order.
    func allFields(_ file: String) -> [(String, String)] {
        (content(file) ?? "").split(separator: "\n").compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            return (String(parts[0].filter { $0 != "\t" }), String(parts[1].drop(while: { $0 == " " })))
        }
    }

    /// Names in a folder that are `prefix` and a number (and `suffix`), by that number.
    func numbered(_ prefix: String, in folder: String, suffix: String = "") -> [String] {
        Folder.names(path + folder).compactMap { name -> (Int, String)? in
            guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
            return Int(name.dropFirst(prefix.count).dropLast(suffix.count)).map { ($0, name) }
        }.sorted { $0.0 < $1.0 }.map(\.1)
    }

    func exists(_ file: String) -> Bool { File.exists(path + file) }
}
