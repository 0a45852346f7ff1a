import POSIX
import JSON
import AgentAPI
import Imaging

/// The job's data set: manifest and files by their digests, checked as they are read.
public struct Slices {
    /// What dataset.json says.
    public let manifest: DatasetManifest
    private let folder: String

    /// Reads the manifest and checks it against the bundle; throws `Failure` with `dataset-invalid`.
    public init(_ dataset: RunnerJob.Dataset, bundle: BundleManifest) throws(Failure) {
        folder = dataset.blobFolder
        do {
            manifest = try WireJSON.decode(DatasetManifest.self, from: File.read(dataset.manifestPath))
        } catch {
            throw Failure(.datasetInvalid, "dataset.json cannot be read: \(error)")
        }
        guard manifest.schema == DatasetManifest.schemaName else {
            throw Failure(
                .datasetInvalid,
                "dataset.json has schema “\(manifest.schema)”; this runner reads \(DatasetManifest.schemaName).")
        }
        guard manifest.normalisation == bundle.normalisation else {
            throw Failure(
                .datasetInvalid,
                "the data set is normalised by “\(manifest.normalisation)”, the bundle expects “\(bundle.normalisation)”: pack it again."
            )
        }
        let shape = [1, manifest.channels, manifest.height, manifest.width]
        guard let expected = bundle.inputs.first?.shape, expected == shape else {
            throw Failure(
                .datasetInvalid,
                "slices have shape \(shape), the bundle's input \(bundle.inputs.first?.shape ?? []): pack or compile again."
            )
        }
        for patient in manifest.patients {
            let normalisation = patient.normalisation
            guard normalisation.mean.count == manifest.channels, normalisation.std.count == manifest.channels,
                normalisation.high > normalisation.low, normalisation.std.allSatisfy({ $0 > 0 })
            else {
                throw Failure(
                    .datasetInvalid, "patient \(patient.id) has no usable normalisation: pack the data set again.")
            }
        }
    }

    /// Slices of all patients.
    public var count: Int { manifest.patients.reduce(0) { $0 + $1.slices.count } }

    /// A slice's image, `channels` per pixel; throws `Failure` that names the file.
    public func image(_ slice: DatasetManifest.Slice) throws(Failure) -> Raster {
        try read(slice.image, channels: manifest.channels)
    }

    /// A slice's true mask as one byte a pixel, 0 or 1.
    public func mask(_ slice: DatasetManifest.Slice) throws(Failure) -> [UInt8] {
        try read(slice.mask, channels: 1).pixels.map { $0 > 127 ? 1 : 0 }
    }

    private func read(_ file: DatasetManifest.File, channels: Int) throws(Failure) -> Raster {
        let raster: Raster
        do {
            let bytes = try File.read("\(folder)/\(file.sha256.hex)")
            raster = try PNG.decode(bytes, channels: channels)
        } catch {
            throw Failure(.imageInvalid, "\(file.path): \(error). Pack the data set again.")
        }
        guard raster.width == manifest.width, raster.height == manifest.height else {
            throw Failure(
                .datasetInvalid,
                "\(file.path) is \(raster.width)×\(raster.height), dataset.json says \(manifest.width)×\(manifest.height): pack it again."
            )
        }
        return raster
    }
}
