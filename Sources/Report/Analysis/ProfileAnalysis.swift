import Results
import Statistics
import Store
import Text

/// Where a module's time goes: its functions set against the board's roofline.
struct ProfileAnalysis {
    /// A function of the module, or all those that take next to nothing together.
    struct Line: Sendable {
        var name: String
        var kind: String
        var calls: Int
        var ns: Double
        /// Of what all functions take together.
        var share: Double
        /// Of the layer as it is defined; nil if unknown or nothing is multiplied.
        var flopPerSecond: Double?
        /// Nil if the bundle does not say.
        var work: Work?
    }

    /// What a function does, whatever its layer is defined by.
    struct Work: Sendable {
        /// Operations per byte that must be moved.
        var intensity: Double
        /// Operations per second.
        var rate: Double
        /// Whether it multiplies bytes.
        var isInt8: Bool
        /// Whether it does fewer operations than its layer is defined by, as Winograd's algorithm does.
        var savesArithmetic: Bool
        /// Of what the roofline lets it do at most; nil without one.
        var ofRoofline: Double?
        var bound: Roofline.Bound?
    }

    let profile: Profile
    let lines: [Line]

    /// A share of the roofline above which the roofline is not believed.
    private static let doubtful = 1.1
    /// What takes less of a call is put together.
    private static let least = 0.005

    init(_ profile: Profile) {
        self.profile = profile
        let whole = profile.operators.reduce(0) { $0 + Double($1.medianNs) }
        let rows = profile.operators.map { Self.line($0, profile, whole) }.sorted { $0.ns > $1.ns }
        let small = rows.filter { $0.share < Self.least }
        let ns = small.reduce(0) { $0 + $1.ns }
        let rest = Line(
            name: "\(small.count) more", kind: "", calls: small.reduce(0) { $0 + $1.calls }, ns: ns, share: ns / whole)
        lines = rows.filter { $0.share >= Self.least } + (small.isEmpty ? [] : [rest])
    }

    private static func line(_ row: Profile.Operator, _ profile: Profile, _ whole: Double) -> Line {
        let ns = Double(row.medianNs)
        var line = Line(
            name: row.function, kind: [row.kind, row.layer].compactMap(\.self).joined(separator: " "),
            calls: row.calls, ns: ns, share: whole > 0 ? ns / whole : 0)
        if let flop = row.flop, flop > 0, ns > 0 { line.flopPerSecond = Double(flop) * 1e9 / ns }
        guard let arithmetic = row.arithmetic, let bytes = row.bytes, bytes > 0, ns > 0, row.kind != nil else {
            return line
        }
        var work = Work(
            intensity: Double(arithmetic) / Double(bytes), rate: Double(arithmetic) * 1e9 / ns, isInt8: row.isInt8,
            savesArithmetic: row.savesArithmetic)
        if let peaks = profile.peaks {
            let least = peaks.leastSeconds(arithmetic: Double(arithmetic), bytes: Double(bytes), int8: row.isInt8)
            (work.ofRoofline, work.bound) = (least.seconds * 1e9 / ns, least.bound)
        }
        line.work = work
        return line
    }

    var table: Table {
        let columns: [Table.Column] = [
            .text("Function"), .text("Kind"), .number("Calls"), .number("Time"), .number("Share"), .number("GFLOP/s"),
            .number("FLOP/byte"), .number("Of roofline"), .text("Bound by"),
        ]
        return Table("profile", columns, lines.map(Self.cells))
    }

    private static func cells(_ line: Line) -> [String] {
        [
            line.name, line.kind, "\(line.calls)", Format.duration(line.ns), Format.share(line.share),
            line.flopPerSecond.map(giga) ?? Format.unknown, (line.work?.intensity).map(Format.digits) ?? Format.unknown,
            Format.share(line.work?.ofRoofline), line.work?.bound?.rawValue ?? Format.unknown,
        ]
    }

    /// The roofline; nil without peaks, without a function whose work is known, or of an emulated board.
    func chart(title: String) -> SVG? {
        guard let peaks = profile.peaks, profile.board?.emulated != true else { return nil }
        let points = lines.compactMap { line in line.work.map { (line: line, work: $0) } }.filter {
            $0.work.intensity > 0
        }
        guard !points.isEmpty else { return nil }
        let roofs = [peaks.flopPerSecond, points.contains(where: \.work.isInt8) ? peaks.int8PerSecond : nil].compactMap(
            \.self)
        return RooflineChart(title: title, points: points, roofs: roofs, bytesPerSecond: peaks.bytesPerSecond).draw()
    }

    var sentences: [String] {
        let whole = profile.operators.reduce(0) { $0 + Double($1.medianNs) }
        let overhead = profile.profiledMedianNs / profile.plainMedianNs
        var all = [
            "Medians of \(profile.calls) calls on \(Format.count(profile.threads, "thread")), \(profile.createdAt). The functions' medians add up to \(Format.duration(whole)); a call takes \(Format.duration(profile.profiledMedianNs)) with the instrument and \(Format.duration(profile.plainMedianNs)) without (\(Format.change(overhead)))."
        ]
        if profile.board?.emulated == true {
            all.append("The board was emulated: its times mean nothing and are not set against a roofline.")
        } else if let peaks = profile.peaks {
            let int8 = peaks.int8PerSecond.map { ", \(Self.giga($0)) G int8 operations/s" } ?? ""
            all.append(
                "Peaks measured on the board right before: \(Self.giga(peaks.flopPerSecond)) GFLOP/s\(int8) and \(Self.giga(peaks.bytesPerSecond)) GB/s. GFLOP/s count the layer as it is defined; Winograd's algorithm does fewer operations, and those are set against the roofline."
            )
            if lines.contains(where: { $0.work?.bound == .compute && ($0.work?.ofRoofline ?? 0) > Self.doubtful }) {
                all.append(
                    "A function exceeded the measured peak: the board was busy when the peak was measured. Profile again on an idle board."
                )
            }
        } else {
            all.append("The board's peaks were not measured: profile again together with its roofline bundle.")
        }
        return all
    }

    private static func giga(_ perSecond: Double) -> String { Format.digits(perSecond / 1e9) }
}

/// What an operator's record says of its kernel; nothing else looks at the name of a kind.
extension Profile.Operator {
    /// Whether its products are of bytes, as in all kinds called int8….
    fileprivate var isInt8: Bool { kind?.hasPrefix("int8") == true }

    fileprivate var savesArithmetic: Bool { (arithmetic ?? 0) < (flop ?? 0) }
}
