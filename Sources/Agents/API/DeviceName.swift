/// What a job runs on, as targets.json and jobs name it: `cpu:0`, `cuda:1`.
public struct DeviceName: Hashable, Sendable, CustomStringConvertible {
    /// The kinds there are.
    public enum Kind: String, Sendable, CaseIterable {
        case cpu
        case cuda
    }

    /// What it is.
    public var kind: Kind
    /// From 0; of GPUs, in the order of the PCI bus.
    public var index: Int

    /// Nil if `text` is not the name of a device.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])), let index = Int(parts[1]), index >= 0,
            kind == .cuda || index == 0
        else { return nil }
        (self.kind, self.index) = (kind, index)
    }

    /// The name, as it is written.
    public var description: String { "\(kind.rawValue):\(index)" }
}
