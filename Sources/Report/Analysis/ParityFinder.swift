import Imaging
import Statistics
import Store
import Text

/// Compares every run's masks with those of one reference of the same weights and data.
struct ParityFinder {
    let store: ResultsStore
    /// A target, a variant or TARGET/VARIANT that the reference is to be; nil for the default choice.
    let chosen: String?

    /// Sets `parity` of all entries that have a reference other than themselves.
    func find(_ entries: inout [ReportModel.Entry]) async throws {
        let scored = entries.indices.filter {
            let run = entries[$0].run
            return run.masksDigest != nil && entries[$0].isShown && run.dataset != nil
                && run.bundle.checkpointSHA256 != nil
        }
        let groups = Dictionary(grouping: scored) { index in
            [entries[index].run.dataset?.manifestSHA256, entries[index].run.bundle.checkpointSHA256]
        }
        for group in groups.values {
            guard let reference = reference(of: group.map { entries[$0] }) else { continue }
            for index in group {
                let isReference = entries[index].id == reference.id
                let parity = isReference ? nil : try await parity(entries[index].run, reference.run)
                entries[index].parity = .init(reference: reference.label, masks: parity)
            }
        }
    }

    /// PyTorch's run if there is one; else a real board before an emulated one, single precision before less, the least rounding first.
    private func reference(of entries: [ReportModel.Entry]) -> ReportModel.Entry? {
        func rank(_ entry: ReportModel.Entry) -> (Int, Int, String, Int64) {
            let variant = entry.variant
            let order = ["pytorch-eager", "onnxruntime-fp32", "fp32-direct"].firstIndex(of: variant)
            let place = order ?? (variant.hasPrefix("fp32") ? 3 : 4)
            return (entry.isEmulated ? 1 : 0, place, entry.target, entry.id)
        }
        let named = entries.filter { entry in
            chosen.map { [entry.target, entry.variant, "\(entry.target)/\(entry.variant)"].contains($0) } ?? false
        }
        return (named.isEmpty ? entries : named).min { rank($0) < rank($1) }
    }

    private func parity(_ run: RunDetail, _ reference: RunDetail) async throws -> MaskParity? {
        guard run.slices.count == reference.slices.count, let dataset = run.dataset else { return nil }
        let pairs = zip(run.slices, reference.slices).filter { $0.maskSha256 != $1.maskSha256 }
        var pixels: Int? = 0
        for (own, other) in pairs {
            guard let first = try await mask(own.maskSha256), let second = try await mask(other.maskSha256),
                let difference = MaskParity.difference(first, second)
            else {
                pixels = nil
                break
            }
            pixels? += difference
        }
        return MaskParity(
            slices: run.slices.count, differingSlices: pairs.count,
            pixels: run.slices.count * dataset.height * dataset.width, differingPixels: pixels)
    }

    private func mask(_ digest: SHA256Digest) async throws -> [UInt8]? {
        try await store.mask(digest).flatMap { try? PNG.decode($0, channels: 1).pixels }
    }
}

extension ReportModel.Entry.Parity {
    /// For a cell of a table.
    var summary: String {
        guard let masks else { return "reference" }
        if masks.differingSlices == 0 { return "equal" }
        guard let pixels = masks.differingPixels else { return "\(masks.differingSlices) slices differ" }
        return "\(pixels) px in \(masks.differingSlices)"
    }

    var sentence: String {
        guard let masks else { return "the reference that the others are compared with" }
        if masks.differingSlices == 0 { return "equal to those of \(reference), all \(masks.pixels) pixels" }
        let pixels = masks.differingPixels.map { "\($0) of \(masks.pixels) pixels" }
        let what = pixels ?? "an unknown number of pixels (the masks were not kept)"
        return "\(what) differ from those of \(reference), in \(masks.differingSlices) of \(masks.slices) slices"
    }
}
