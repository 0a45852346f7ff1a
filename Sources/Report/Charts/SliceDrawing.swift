import FoundationEssentials
import Imaging
import Text

/// A slice with the outlines of its true and its predicted mask.
struct SliceDrawing {
    static let legend = [
        Block.Legend(line: "Solid green", meaning: "true mask", isDashed: false),
        Block.Legend(line: "dashed orange", meaning: "predicted mask", isDashed: true),
    ]

    var caption: String
    /// PNG files of one size: the image, and masks of one channel.
    var imagePNG: [UInt8]
    var truthPNG: [UInt8]
    var predictedPNG: [UInt8]

    /// The drawing; nil if a stored picture is damaged.
    func draw() -> SVG? {
        guard let truth = try? PNG.decode(truthPNG, channels: 1),
            let predicted = try? PNG.decode(predictedPNG, channels: 1),
            truth.width == predicted.width, truth.height == predicted.height
        else { return nil }
        var svg = SVG(
            width: Double(truth.width), height: Double(truth.height), title: caption,
            description: "Solid: true mask. Dashed: predicted mask.")
        svg.image(Data(imagePNG).base64EncodedString(), Double(truth.width), Double(truth.height))
        svg.path(Outline.path(truth.pixels, width: truth.width, height: truth.height), "truth")
        svg.path(Outline.path(predicted.pixels, width: predicted.width, height: predicted.height), "predicted")
        return svg
    }
}
