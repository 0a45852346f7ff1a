/// Rows of a table that are not among those that were sealed, and sealed ones that are not there.
struct SealDifference {
    /// Positions of rows that are there.
    let changed: [Int]
    /// Positions, in what was sealed, of rows that are gone, beyond those that may be the changed ones.
    let missing: [Int]
    var isEmpty: Bool { changed.isEmpty && missing.isEmpty }

    init(sealed: [UInt64], now: [UInt64]) {
        guard sealed != now else {
            (changed, missing) = ([], [])
            return
        }
        let (before, after) = (Set(sealed), Set(now))
        changed = now.indices.filter { !before.contains(now[$0]) }
        missing = Array(sealed.indices.filter { !after.contains(sealed[$0]) }.dropFirst(changed.count))
    }
}

/// What was found, each row once, however many runs it belongs to.
struct SealFindings {
    /// Of a run's rows in a table so many are named one by one.
    private static let named = 10

    private var order: [String] = []
    private var runs: [String: [Int64]] = [:]

    /// Adds something about a run that is no row of it.
    mutating func add(_ text: String, run: Int64) { add("run \(run): \(text)", of: run) }

    /// Adds what differs in one table of a run; `keys` name the rows that are there.
    mutating func add(_ difference: SealDifference, _ keys: [String], _ table: SealedTable, run: Int64) {
        let owner = table.isOwn ? "run \(run): " : ""
        func row(_ position: Int) -> String { keys.indices.contains(position) ? keys[position] : "?" }
        for position in difference.changed.prefix(Self.named) {
            add("\(owner)table \(table.name), row with \(row(position)): it is not what was sealed", of: run)
        }
        for position in difference.missing.prefix(Self.named) {
            let place = "the row that was number \(position + 1) by its key"
            add("\(owner)table \(table.name): \(place) is missing", of: run)
        }
        let more = [difference.changed, difference.missing].reduce(0) { $0 + max(0, $1.count - Self.named) }
        if more > 0 { add("\(owner)table \(table.name): and \(more) more rows", of: run) }
    }

    private mutating func add(_ line: String, of run: Int64) {
        if runs[line] == nil { order.append(line) }
        runs[line, default: []].append(run)
    }

    /// A line for each finding; rows that several runs share say with which they were sealed.
    var lines: [String] {
        order.map { line in
            guard !line.hasPrefix("run "), let runs = runs[line] else { return line }
            let first = runs.prefix(5).map(String.init).joined(separator: ", ")
            let more = runs.count > 5 ? " and \(runs.count - 5) more" : ""
            return "\(line) with run \(first)\(more)"
        }
    }
}
