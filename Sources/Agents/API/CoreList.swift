/// The kernel's list format of core numbers: `0-3,8`.
public enum CoreList {
    /// How many cores a list names; nil if it is none.
    public static func count(_ list: String) -> Int? {
        var count = 0
        for range in list.split(separator: ",") {
            let ends = range.split(separator: "-").map { Int($0) }
            switch (ends.first ?? nil, ends.last ?? nil, ends.count) {
            case (let only?, _, 1) where only >= 0: count += 1
            case (let first?, let last?, 2) where last >= first: count += last - first + 1
            default: return nil
            }
        }
        return count > 0 ? count : nil
    }

    /// The list of these cores.
    public static func text(_ cores: [Int]) -> String {
        var ranges: [(Int, Int)] = []
        for core in cores.sorted() {
            if let last = ranges.last, last.1 + 1 == core {
                ranges[ranges.count - 1].1 = core
            } else {
                ranges.append((core, core))
            }
        }
        return ranges.map { $0 == $1 ? "\($0)" : "\($0)-\($1)" }.joined(separator: ",")
    }
}
