/// How far two boards' masks of one data set agree, pixel by pixel.
public struct MaskParity: Hashable, Sendable {
    public var slices: Int
    /// Slices of which a pixel differs.
    public var differingSlices: Int
    public var pixels: Int
    /// Nil if a mask that differs was not kept.
    public var differingPixels: Int?

    public init(slices: Int, differingSlices: Int, pixels: Int, differingPixels: Int?) {
        self.slices = slices
        self.differingSlices = differingSlices
        self.pixels = pixels
        self.differingPixels = differingPixels
    }

    /// Pixels of two masks that are set in one of them only; nil if their numbers of pixels differ.
    public static func difference(_ first: [UInt8], _ second: [UInt8]) -> Int? {
        guard first.count == second.count else { return nil }
        return zip(first, second).count { ($0 == 0) != ($1 == 0) }
    }
}
