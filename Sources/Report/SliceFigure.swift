import FoundationEssentials
import Imaging
import Store

/// A slice with the outlines of its true and its predicted mask.
struct SliceFigure {
    let picture: SlicePicture
    let dice: Double?

    /// What stands below it.
    var caption: String { "\(picture.patient), slice \(picture.sliceIndex): Dice \(Format.dice(dice))" }

    /// The drawing; nil if a stored picture is damaged.
    func draw() -> SVG? {
        guard let truth = try? PNG.decode(picture.truthPNG, channels: 1),
            let predicted = try? PNG.decode(picture.predictedPNG, channels: 1),
            truth.width == predicted.width, truth.height == predicted.height
        else { return nil }
        var svg = SVG(
            width: Double(truth.width), height: Double(truth.height), title: caption,
            description: "Solid: true mask. Dashed: predicted mask.")
        svg.image(Data(picture.imagePNG).base64EncodedString(), Double(truth.width), Double(truth.height))
        svg.path(Outline.path(truth.pixels, width: truth.width, height: truth.height), "truth")
        svg.path(Outline.path(predicted.pixels, width: predicted.width, height: predicted.height), "predicted")
        return svg
    }
}
