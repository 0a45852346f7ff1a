import JSON
import AgentAPI

/// A bundle on the coordinator's disk, verified.
public struct BundleFolder: Sendable {
    /// Where it is.
    public let folder: String
    /// What bundle.json says.
    public let manifest: BundleManifest
    /// Digest of bundle.json: the bundle's identity in the database.
    public let manifestSha256: SHA256Digest
    /// bundle.json as it is.
    public let manifestText: String

    /// The module's file.
    public var modulePath: String { "\(folder)/\(manifest.module.file)" }

    /// Reads and verifies a bundle; throws `InputError` that names file and remedy.
    public init(folder: String) throws(InputError) {
        self.folder = folder
        let path = "\(folder)/bundle.json"
        let bytes = try InputFile.read(path, remedy: "Compile it with “python -m unet compile”.")
        manifest = try InputFile.decode(bytes, of: path, \.schema, BundleManifest.schemaName)
        let isTVM = manifest.runnerName == BundleManifest.tvmRunner
        guard manifest.softwareVersion != nil else {
            throw InputError(
                "\(path): a bundle for runner “\(manifest.runnerName)” must have the key \"\(isTVM ? "tvm" : "framework")\". Compile it again with “python -m unet compile”."
            )
        }
        guard !manifest.module.file.contains("/"), !manifest.module.file.isEmpty else {
            throw InputError("\(path): module.file “\(manifest.module.file)” must be a name in the bundle's folder.")
        }
        manifestSha256 = SHA256Digest(of: bytes)
        manifestText = String(decoding: bytes, as: UTF8.self)
        try InputFile.verify(
            "\(folder)/\(manifest.module.file)", sizeBytes: manifest.module.sizeBytes, sha256: manifest.module.sha256,
            remedy: "Compile the bundle again, or copy all of it.")
    }
}

/// A data set on the coordinator's disk, verified.
public struct DatasetFolder: Sendable {
    /// Where it is.
    public let folder: String
    /// What dataset.json says.
    public let manifest: DatasetManifest
    /// Digest of dataset.json: the data set's identity, and the blob it is sent as.
    public let sha256: SHA256Digest
    /// Size of dataset.json.
    public let manifestSizeBytes: Int

    private static let remedy = "Pack it again with “python -m unet pack”."

    /// Reads a data set and verifies every file of it; throws `InputError` that names file and remedy.
    public init(folder: String) throws(InputError) {
        self.folder = folder
        let path = "\(folder)/dataset.json"
        let bytes = try InputFile.read(path, remedy: Self.remedy)
        manifest = try InputFile.decode(bytes, of: path, \.schema, DatasetManifest.schemaName)
        sha256 = SHA256Digest(of: bytes)
        manifestSizeBytes = bytes.count
        for patient in manifest.patients {
            for slice in patient.slices {
                for file in [slice.image, slice.mask] { try verify(file) }
            }
        }
    }

    private func verify(_ file: DatasetManifest.File) throws(InputError) {
        guard !file.path.hasPrefix("/"), !file.path.split(separator: "/").contains("..") else {
            throw InputError("\(folder)/dataset.json: “\(file.path)” is outside the data set's folder. \(Self.remedy)")
        }
        let path = "\(folder)/\(file.path)"
        try InputFile.verify(path, sizeBytes: file.sizeBytes, sha256: file.sha256, remedy: Self.remedy)
        // Width and height stand at fixed places of a PNG file's first chunk.
        let header = try InputFile.read(path, remedy: Self.remedy).prefix(24)
        guard header.count == 24, header.starts(with: [0x89, 0x50, 0x4E, 0x47]) else {
            throw InputError("\(path) is not a PNG file. \(Self.remedy)")
        }
        func number(_ at: Int) -> Int { header[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) } }
        guard number(16) == manifest.width, number(20) == manifest.height else {
            throw InputError(
                "\(path) is \(number(16))×\(number(20)), dataset.json says \(manifest.width)×\(manifest.height). \(Self.remedy)"
            )
        }
    }
}
