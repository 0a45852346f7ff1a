import Statistics
import Store

/// Where a module's time goes, as text cells: one source for HTML, Markdown and the terminal.
public struct ProfileTable {
    /// A function of the module, or all those that take next to nothing together.
    public struct Line: Sendable {
        public var name: String
        public var kind: String
        public var calls: Int
        public var ns: Double
        /// Of what all functions take together.
        public var share: Double
        /// Of the layer as it is defined; nil if unknown or nothing is multiplied.
        public var flopPerSecond: Double?
        /// Operations done a byte that must be moved; nil if unknown.
        public var intensity: Double?
        /// Of what the roofline lets it do at most; nil without one.
        public var ofRoofline: Double?
        public var bound: Roofline.Bound?
        /// Operations done a second, for the roofline's drawing.
        public var arithmeticPerSecond: Double?
    }

    static let head = [
        "Function", "What", "Calls", "Time", "Share", "GFLOP/s", "FLOP a byte", "Of roofline", "Bound by",
    ]

    public let profile: Profile
    public let lines: [Line]

    /// A share of the roofline above which the roofline is not believed.
    private static let doubtful = 1.1
    /// What takes less of a call is put together.
    private static let least = 0.005

    public init(_ profile: Profile) {
        self.profile = profile
        let whole = profile.operators.reduce(0) { $0 + Double($1.medianNs) }
        let rows = profile.operators.map { Self.line($0, profile, whole) }.sorted { $0.ns > $1.ns }
        let (large, small) = (rows.filter { $0.share >= Self.least }, rows.filter { $0.share < Self.least })
        var lines = large
        let ns = small.reduce(0) { $0 + $1.ns }
        if !small.isEmpty {
            lines.append(
                Line(
                    name: "\(small.count) more", kind: "", calls: small.reduce(0) { $0 + $1.calls }, ns: ns,
                    share: ns / whole))
        }
        self.lines = lines
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
        line.intensity = Double(arithmetic) / Double(bytes)
        line.arithmeticPerSecond = Double(arithmetic) * 1e9 / ns
        if let peaks = profile.peaks {
            let isInt8 = row.kind?.hasPrefix("int8") == true
            let least = peaks.leastSeconds(arithmetic: Double(arithmetic), bytes: Double(bytes), int8: isInt8)
            line.ofRoofline = least.seconds * 1e9 / ns
            line.bound = least.bound
        }
        return line
    }

    static func cells(_ line: Line) -> [String] {
        [
            line.name, line.kind, "\(line.calls)", Format.duration(line.ns), percent(line.share),
            line.flopPerSecond.map { number($0 / 1e9) } ?? Format.unknown,
            line.intensity.map(number) ?? Format.unknown, line.ofRoofline.map(percent) ?? Format.unknown,
            line.bound?.rawValue ?? Format.unknown,
        ]
    }

    /// What the times mean, in sentences.
    public var sentences: [String] {
        let whole = profile.operators.reduce(0) { $0 + Double($1.medianNs) }
        let dearer = profile.profiledMedianNs / profile.plainMedianNs - 1
        var all = [
            "Medians of \(profile.calls) calls on \(profile.threads) thread\(profile.threads == 1 ? "" : "s"), \(profile.createdAt). The functions' medians add up to \(Format.duration(whole)); a call takes \(Format.duration(profile.profiledMedianNs)) with the instrument and \(Format.duration(profile.plainMedianNs)) without (\(dearer < 0 ? "−" : "+")\(Self.percent(abs(dearer))))."
        ]
        if profile.board?.emulated == true {
            all.append("The board was emulated: its times say nothing, and are not set against a roofline.")
        } else if let peaks = profile.peaks {
            let bytes = peaks.int8PerSecond.map { ", \(Self.number($0 / 1e9)) G operations/s with bytes" } ?? ""
            all.append(
                "Measured on the board right before: at most \(Self.number(peaks.flopPerSecond / 1e9)) GFLOP/s\(bytes) and \(Self.number(peaks.bytesPerSecond / 1e9)) GB/s. GFLOP/s are those of the layer as it is defined; Winograd's algorithm does fewer, which are set against the roofline."
            )
            if lines.contains(where: { $0.bound == .compute && ($0.ofRoofline ?? 0) > Self.doubtful }) {
                all.append(
                    "A function did more than the peak that was measured: the board was busy then. Profile again on a quiet one."
                )
            }
        } else {
            all.append("The board's peaks were not measured: profile it with its roofline bundle, too.")
        }
        return all
    }

    /// For a terminal.
    public var text: [[String]] { [Self.head] + lines.map(Self.cells) }

    static func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10)%" }
    static func number(_ value: Double) -> String {
        value >= 100 ? "\(Int(value.rounded()))" : "\((value * 10).rounded() / 10)"
    }
}
