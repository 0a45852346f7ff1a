import FoundationEssentials
import Imaging

/// A predicted mask's pixels, 0 or 1, from the PNG the runner left.
func maskPixels(_ path: String) throws -> [UInt8] {
    try PNG.decode([UInt8](Data(contentsOf: URL(filePath: path))), channels: 1).pixels.map { $0 == 0 ? 0 : 1 }
}
