import Results
import Statistics
import Text

/// Slices with their masks, of one run: that is enough to see what the network finds.
enum SlicesSection: ReportSection {
    static func section(_ model: ReportModel) -> Section? {
        let pictured = model.measured.filter { !$0.run.pictures.isEmpty }
        guard let entry = pictured.first(where: { $0.gateResult.kind == .best }) ?? pictured.first else { return nil }
        let drawings = slices(entry).compactMap { $0.draw() }
        return Section(
            title: "Sample slices",
            about: "Masks of \(entry.label), from the worst to the best slice with tumour, and one without.",
            blocks: [.figures(name: "slice", drawings, legend: SliceDrawing.legend)])
    }

    /// Its pictures, from the lowest Dice to the highest.
    private static func slices(_ entry: ReportModel.Entry) -> [SliceDrawing] {
        entry.run.pictures.map { picture in
            let slice = entry.run.slices.first { $0.patient == picture.patient && $0.index == picture.sliceIndex }
            let dice = slice?.counts.dice
            let caption = "\(picture.patient), slice \(picture.sliceIndex): Dice \(Format.dice(dice))"
            let drawing = SliceDrawing(
                caption: caption, imagePNG: picture.imagePNG, truthPNG: picture.truthPNG,
                predictedPNG: picture.predictedPNG)
            return (dice: dice ?? 0, drawing: drawing)
        }.sorted { $0.dice < $1.dice }.map(\.drawing)
    }
}
