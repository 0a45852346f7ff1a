/// An 8-bit image: grey or RGB, row by row, channels interleaved.
public struct Raster: Hashable, Sendable {
    /// Pixels in a row.
    public let width: Int
    /// Rows.
    public let height: Int
    /// 1 for grey, 3 for RGB.
    public let channels: Int
    /// `height · width · channels` bytes.
    public let pixels: [UInt8]

    /// An image of the given shape; `pixels` must have as many bytes as it says.
    public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
        precondition(channels == 1 || channels == 3, "an image has 1 or 3 channels")
        precondition(pixels.count == width * height * channels, "pixels do not match the shape")
        (self.width, self.height, self.channels, self.pixels) = (width, height, channels, pixels)
    }
}

/// Why an image cannot be read or written.
public struct ImageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public var message: String

    /// An error that says `message`.
    public init(_ message: String) { self.message = message }

    /// What is wrong.
    public var description: String { message }
}
