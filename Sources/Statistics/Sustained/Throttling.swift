import Results

/// From when on a board no longer does what it did at first.
public struct Throttling: Hashable, Sendable {
    /// What says so.
    public enum Witness: Hashable, Sendable {
        /// From here to the end every window's median was more than `Throttling.rise` above the first one's.
        case latency
        /// The board reported these causes.
        case board([String])
        /// The clock fell by more than `Throttling.clockDrop` below the lowest of the first window.
        case clock(fromKhz: Int, toKhz: Int)
    }

    /// By how much a median must be above that of the first window: 5%, as health's limit of drift.
    public static let rise = 0.05
    /// By how much a clock must have fallen: 10%, as health's limit.
    public static let clockDrop = 0.1
    /// One slow window at the end may be chance.
    private static let leastWindows = 2

    /// The window's index, and its start from the beginning of the phase.
    public var window: Int
    /// The window's start.
    public var startNs: Int64
    /// All that begin in this window.
    public var witnesses: [Witness]

    /// The first window of which a witness speaks; nil if none does. `medians` are nil where nothing was answered.
    public init?(medians: [Double?], health: [HealthWindow], windowNs: Int64) {
        var found: [(window: Int, witness: Witness)] = []
        if let slow = Self.slowFrom(medians) { found.append((slow, .latency)) }
        let readings = health.filter { medians.indices.contains($0.index) }.sorted { $0.index < $1.index }
        if let first = readings.first(where: { $0.throttling?.isEmpty == false }) {
            found.append((first.index, .board(first.throttling ?? [])))
        }
        if let usual = readings.first(where: { $0.index == 0 })?.lowestClockKhz {
            let slow = readings.first { Double($0.lowestClockKhz ?? usual) < Double(usual) * (1 - Self.clockDrop) }
            if let slow, let clock = slow.lowestClockKhz {
                found.append((slow.index, .clock(fromKhz: usual, toKhz: clock)))
            }
        }
        guard let window = found.map(\.window).min() else { return nil }
        self.window = window
        startNs = Int64(window) * windowNs
        witnesses = found.filter { $0.window == window }.map(\.witness)
    }

    /// The first window from which on all are slow.
    private static func slowFrom(_ medians: [Double?]) -> Int? {
        guard let usual = medians.first ?? nil else { return nil }
        // A window in which nothing was answered at all is slow.
        let fast = medians.lastIndex { $0.map { $0 <= usual * (1 + rise) } ?? false } ?? 0
        return medians.count - 1 - fast >= leastWindows ? fast + 1 : nil
    }
}
