import CPNG

/// PNG in and out, through libpng's simplified interface.
public enum PNG {
    /// The largest side that is read: medical slices are far smaller, and a damaged header must not ask for gigabytes.
    static let largestSide = 16384

    /// Decodes a PNG file as grey (`channels` 1) or RGB (3), converting if the file is the other.
    ///
    /// Throws `ImageError` for anything that is not a whole PNG file.
    public static func decode(_ bytes: [UInt8], channels: Int) throws(ImageError) -> Raster {
        precondition(channels == 1 || channels == 3, "an image has 1 or 3 channels")
        var image = harness_png_image()
        defer { png_image_free(&image) }
        // libpng reads from `bytes` until the image is finished, so both calls stay inside one scope.
        let result = bytes.withUnsafeBytes { file -> Result<Raster, ImageError> in
            guard png_image_begin_read_from_memory(&image, file.baseAddress, file.count) != 0 else {
                return .failure(error(&image, "not a PNG file"))
            }
            let (width, height) = (Int(image.width), Int(image.height))
            guard width <= largestSide, height <= largestSide else {
                return .failure(ImageError("\(width)×\(height) pixels, more than \(largestSide) a side"))
            }
            image.format = channels == 3 ? harness_png_rgb : harness_png_grey
            var pixels = [UInt8](repeating: 0, count: width * height * channels)
            guard png_image_finish_read(&image, nil, &pixels, png_int_32(width * channels), nil) != 0 else {
                return .failure(error(&image, "damaged"))
            }
            // A file cut off after its last row makes libpng only warn; a slice that lost bytes is not trusted.
            guard bytes.suffix(12).starts(with: [0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44]) else {
                return .failure(ImageError("truncated: the file does not end with an IEND chunk"))
            }
            return .success(Raster(width: width, height: height, channels: channels, pixels: pixels))
        }
        return try result.get()
    }

    /// Encodes an image as a PNG file; equal images give equal bytes for one version of libpng.
    public static func encode(_ raster: Raster) throws(ImageError) -> [UInt8] {
        var image = harness_png_image()
        defer { png_image_free(&image) }
        image.width = png_uint_32(raster.width)
        image.height = png_uint_32(raster.height)
        image.format = raster.channels == 3 ? harness_png_rgb : harness_png_grey
        let stride = png_int_32(raster.width * raster.channels)
        var size = 0
        guard png_image_write_to_memory(&image, nil, &size, 0, raster.pixels, stride, nil) != 0 else {
            throw error(&image, "cannot be encoded")
        }
        var bytes = [UInt8](repeating: 0, count: size)
        guard png_image_write_to_memory(&image, &bytes, &size, 0, raster.pixels, stride, nil) != 0 else {
            throw error(&image, "cannot be encoded")
        }
        return Array(bytes.prefix(size))
    }

    private static func error(_ image: inout png_image, _ problem: String) -> ImageError {
        ImageError("\(problem): \(String(cString: harness_png_message(&image)))")
    }
}
