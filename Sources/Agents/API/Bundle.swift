import JSON
import Results

/// What `bundle.json` says: one compiled module and everything needed to run and to judge it.
public struct BundleManifest: Codable, Hashable, Sendable {
    /// The value of `schema` this version reads and writes.
    public static let schemaName = "harness.bundle/1"

    /// A tensor that goes into or comes out of the module.
    public struct Tensor: Codable, Hashable, Sendable {
        /// As the exported network calls it.
        public var name: String
        /// In the module's order, batch first: `[1, 3, 256, 256]`.
        public var shape: [Int]
        /// NumPy's name of the element type; `float32` for now.
        public var dtype: String
    }

    /// The network.
    public struct Model: Codable, Hashable, Sendable {
        /// The architecture: `unet`.
        public var name: String
        /// Features of the first level; each deeper level has twice as many.
        public var width: Int
        /// Levels below the first.
        public var depth: Int
        /// Trained numbers.
        public var parameters: Int
        /// Digest of the checkpoint the module was compiled from: equal for all variants of one training.
        public var checkpointSha256: SHA256Digest?
    }

    /// What the module was compiled for.
    public struct CompileTarget: Codable, Hashable, Sendable {
        /// Name of the target in targets.json.
        public var name: String
        /// TVM's target dictionary, as given to `tvm.target.Target`.
        public var tvm: [String: JSONValue]
        /// Architecture in `uname -m`'s words: `x86_64`, `aarch64`.
        public var architecture: String
        /// Kind of device the module runs on: `cpu` or `cuda`.
        public var device: String
    }

    /// The versions that compiled the module.
    public struct Compiler: Codable, Hashable, Sendable {
        /// Version of `apache-tvm`, such as `0.27.0.post1`.
        public var version: String
        /// Version of `apache-tvm-ffi`.
        public var ffiVersion: String
    }

    /// What a module for another runner than TVM's must run with.
    public typealias Framework = Results.Framework

    /// The module's file.
    public struct Module: Codable, Hashable, Sendable {
        /// Name inside the bundle's folder.
        public var file: String
        /// Digest of its content, under which a board keeps it.
        public var sha256: SHA256Digest
        /// Length of its content.
        public var sizeBytes: Int
    }

    /// How the kernels' schedules were chosen.
    public struct Tuning: Codable, Hashable, Sendable {
        /// Layers whose kernel has a schedule.
        public var layers: Int
        /// Those of them whose schedule a search found by measuring.
        public var measured: Int
        /// Names of the CPUs it was measured on.
        public var measuredOn: [String]
    }

    /// What one function of the module computes, as far as it is known.
    public struct Operator: Codable, Hashable, Sendable {
        /// Its name, as the virtual machine calls it.
        public var function: String
        /// `direct-3x3`, `winograd-f4` …; `peak-compute`, `peak-compute-int8` and `peak-memory` show what a board can do.
        public var kind: String?
        /// For people: `64→32 at 256×256`.
        public var layer: String?
        /// Multiplications and additions of a call, of the layer as it is defined, whatever the algorithm.
        public var flop: Int?
        /// Those that are done in matrix products.
        public var arithmetic: Int?
        /// What a call must read and write at least.
        public var bytes: Int?
    }

    /// What an int8 module's activations were measured on.
    public struct Calibration: Codable, Hashable, Sendable {
        /// Images that the ranges of the activations come from.
        public var slices: Int
        /// Digest of the data set that `dice` was computed on; nil if it was not.
        public var datasetSha256: SHA256Digest?
        /// Mean over its patients of the pooled Dice, computed with bytes.
        public var dice: Double?
    }

    /// What a board must have to run the module: what a preflight compares with the board's own words.
    public struct Requirements: Codable, Hashable, Sendable {
        /// Instruction-set extensions the module may use, in the words of /proc/cpuinfo.
        public var cpuFeatures: [String]
        /// Newest version of the C library's symbols it refers to; nil if it refers to none.
        public var glibc: String?
        /// The largest memory page it can be loaded with.
        public var pageSizeBytes: Int
        /// Its constants, once loaded.
        public var weightsBytes: Int
        /// Activations planned for one inference, with input and output.
        public var workspaceBytes: Int
        /// The GPU whose machine code is in it: `sm_86`; nil without any.
        public var cudaArch: String?
    }

    /// What the network learned from, and how well, by PyTorch's own masks.
    public struct Training: Codable, Hashable, Sendable {
        /// Name of the data set.
        public var dataset: String
        /// Digest of its dataset.json.
        public var datasetSha256: SHA256Digest?
        /// Whether it was trained on phantoms, not on a scanner's images.
        public var synthetic: Bool
        /// The epoch whose weights were kept, the best in validation.
        public var epochs: Int
        /// Seed of the initial weights and of the order of the slices.
        public var seed: Int
        /// Mean over validation patients of the pooled Dice, in PyTorch FP32; nil if never trained.
        public var dice: Double?
    }

    /// PyTorch's own score of the same weights on a data set: what the accuracy gate compares with.
    public struct Reference: Codable, Hashable, Sendable {
        /// Digest of the data set's dataset.json.
        public var datasetSha256: SHA256Digest
        /// Mean over patients of the pooled Dice, by PyTorch FP32.
        public var dice: Double
    }

    /// `schemaName`, or the bundle is refused.
    public var schema: String
    /// Unique among the bundles of one dispatch: `unet-w8-x86-fp32`.
    public var name: String
    /// The network that was compiled.
    public var model: Model
    /// What distinguishes builds of one model for one target: `fp32`, `fp32-tvm-default`, `int8`.
    public var variant: String
    /// The kind of board it was compiled for.
    public var target: CompileTarget
    /// Name of the runner the module is for; nil for `tvm`.
    public var runner: String?
    /// Of a module for `tvm` only.
    public var tvm: Compiler?
    /// Of a module for any other runner.
    public var framework: Framework?
    /// Name of the module's function to run.
    public var entry: String
    /// Function that is called once when the module is loaded; the tensors it returns follow the input in each call of `entry`.
    public var prepare: String?
    /// What `entry` takes; today one image.
    public var inputs: [Tensor]
    /// What `entry` returns; today one map of probabilities.
    public var outputs: [Tensor]
    /// Normalisation the network expects; a dataset that names another is refused.
    public var normalisation: String
    /// A pixel belongs to the mask if its probability is at least this.
    public var threshold: Double
    /// The file to load.
    public var module: Module
    /// Nil in a bundle for another runner, or that no compiler of ours made.
    public var requires: Requirements?
    /// Nil where there was nothing to choose.
    public var tuning: Tuning?
    /// Nil in older bundles, and in those for another runner.
    public var operators: [Operator]?
    /// Of int8 only.
    public var calibration: Calibration?
    /// Where the weights come from.
    public var training: Training
    /// Nil if the bundle was compiled without a data set to score.
    public var reference: Reference?
    /// Commit of the sources that built the bundle; nil outside a checkout.
    public var sourceCommit: String?
    /// RFC 3339, UTC.
    public var createdAt: String

    /// The runner of modules that TVM compiled.
    public static let tvmRunner = "tvm"
    /// Name of the runner the module is for.
    public var runnerName: String { runner ?? Self.tvmRunner }

    /// What the module runs with and in which version: TVM, or the framework that the bundle names.
    public var softwareVersion: String? { runnerName == Self.tvmRunner ? tvm?.version : framework?.version }
}
