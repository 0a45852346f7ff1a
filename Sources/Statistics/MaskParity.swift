/// How far two boards' masks of one data set agree, pixel by pixel.
public struct MaskParity: Hashable, Sendable {
    /// Slices compared.
    public var slices: Int
    /// Slices with a pixel that differs.
    public var differingSlices: Int
    /// Pixels compared.
    public var pixels: Int
    /// Pixels that differ; nil if a mask that differs was not kept.
    public var differingPixels: Int?

    /// The given counts.
    public init(slices: Int, differingSlices: Int, pixels: Int, differingPixels: Int?) {
        (self.slices, self.differingSlices) = (slices, differingSlices)
        (self.pixels, self.differingPixels) = (pixels, differingPixels)
    }

    /// The number of pixels set in only one of two masks; nil if their sizes differ.
    public static func difference(_ first: [UInt8], _ second: [UInt8]) -> Int? {
        guard first.count == second.count else { return nil }
        return zip(first, second).count { ($0 == 0) != ($1 == 0) }
    }
}
