import Imaging
import Testing

@Suite struct PNGTests {
    private static func picture(channels: Int) -> Raster {
        let pixels = (0..<(13 * 7 * channels)).map { UInt8(($0 * 37 + $0 / 7) % 256) }
        return Raster(width: 13, height: 7, channels: channels, pixels: pixels)
    }

    @Test("What is written is read back, pixel by pixel", arguments: [1, 3])
    func roundTrip(channels: Int) throws {
        let raster = Self.picture(channels: channels)
        #expect(try PNG.decode(PNG.encode(raster), channels: channels) == raster)
    }

    @Test("A grey file can be read as RGB")
    func converts() throws {
        let grey = Self.picture(channels: 1)
        let colour = try PNG.decode(PNG.encode(grey), channels: 3)
        #expect(colour.pixels == grey.pixels.flatMap { [$0, $0, $0] })
    }

    @Test("A file truncated anywhere is an error, never a crash or an image")
    func truncated() throws {
        let whole = try PNG.encode(Self.picture(channels: 3))
        for length in 0..<whole.count {
            #expect(throws: ImageError.self) { try PNG.decode(Array(whole[..<length]), channels: 3) }
        }
    }

    @Test("A changed byte in the pixels is an error")
    func damaged() throws {
        var bytes = try PNG.encode(Self.picture(channels: 3))
        bytes[bytes.count / 2] ^= 0xFF
        #expect(throws: ImageError.self) { try PNG.decode(bytes, channels: 3) }
    }

    @Test("A header that declares a huge image is refused before memory is allocated")
    func huge() throws {
        // The encoder writes the header, so its checksum is valid.
        let wide = try PNG.encode(
            Raster(width: 20_000, height: 1, channels: 1, pixels: .init(repeating: 0, count: 20_000)))
        #expect(throws: ImageError("20000×1 pixels, more than 16384 a side")) { try PNG.decode(wide, channels: 1) }
    }
}
