import POSIX
import JSON
import AgentAPI
import Glibc

extension Doctor {
    /// The programs that run jobs: present, executable, and of this version.
    var runners: [Finding] {
        configuration.runners.sorted { $0.key < $1.key }.map { name, path in
            guard access(path, F_OK) == 0 else {
                return .problem("runner", "\(name): \(path) does not exist", remedy: Self.runnerRemedy)
            }
            guard access(path, X_OK) == 0 else {
                return .problem(
                    "runner", "\(name): \(path) cannot be executed by \(Self.name(of: geteuid()))",
                    remedy: "chmod 755 \(path)")
            }
            if let architecture = try? ELFFile.architecture(of: path), architecture != BoardFacts.architecture {
                return .problem(
                    "runner", "\(name): \(path) is for \(architecture), this board is \(BoardFacts.architecture)",
                    remedy: Self.runnerRemedy)
            }
            if name == BundleManifest.tvmRunner { return ownRunner(path) }
            // A runner of someone else's need not have options; all it must do is run a job.
            return path.hasSuffix("/harness-python-runner")
                ? pythonRunner(name, path) : .ok("runner", "\(name): \(path)")
        }
    }

    private static let runnerRemedy =
        "Install the harness-runner that came with this agent beside it, or name one with --runner NAME=PATH."

    private func ownRunner(_ path: String) -> Finding {
        do {
            let result = try ShortProgram.run([path, "--version"])
            let version = result.output.split(separator: " ").last?.filter { !$0.isWhitespace }
            guard result.ending.status == 0, let version else {
                return .problem("runner", "\(path) does not start: \(result.reason)", remedy: Self.runnerRemedy)
            }
            guard version == HarnessVersion.current else {
                return .problem(
                    "runner", "\(path) is version \(version), the agent \(HarnessVersion.current)",
                    remedy: Self.runnerRemedy)
            }
            return .ok("runner", "\(path), version \(version)")
        } catch {
            return .problem("runner", "\(path) \(error.message)", remedy: Self.runnerRemedy)
        }
    }

    /// Whether the framework that the runner called `name` needs is installed; without it TVM's modules run all the same.
    private func pythonRunner(_ name: String, _ path: String) -> Finding {
        func note(_ problem: String) -> Finding {
            .note(
                "runner", "\(name): \(path) \(problem): bundles for it cannot run",
                remedy: "Install the Python package with what it needs: pip install 'models[baselines]'.")
        }
        do {
            let result = try ShortProgram.run([path, "--probe"])
            guard result.ending.status == 0 else { return note("does not start (\(result.reason))") }
            let versions = try WireJSON.decode([String: String?].self, from: Array(result.output.utf8))
            guard let version = versions[name] ?? nil else { return note("does not find its framework") }
            return .ok("runner", "\(name): \(path), framework \(version)")
        } catch {
            return note("does not answer (\(error))")
        }
    }

    /// TVM's two libraries: present, for this CPU, and loadable by the runner.
    var tvm: Finding {
        guard let folder = configuration.tvmFolder else {
            return .problem(
                "tvm", "no TVM runtime beside the agent, in /usr/lib/harness/tvm or in build/",
                remedy: Self.runtimeRemedy)
        }
        for library in ["libtvm_ffi.so", "libtvm_runtime.so"] {
            let path = "\(folder)/\(library)"
            guard let architecture = try? ELFFile.architecture(of: path) else {
                return .problem(
                    "tvm", "\(path) does not exist, cannot be read, or is not a library", remedy: Self.runtimeRemedy)
            }
            guard architecture == BoardFacts.architecture else {
                return .problem(
                    "tvm", "\(path) is for \(architecture), this board is \(BoardFacts.architecture)",
                    remedy: Self.runtimeRemedy)
            }
        }
        guard let runner = configuration.runners["tvm"], access(runner, X_OK) == 0 else {
            return .note(
                "tvm", "\(folder): built for this CPU; whether it loads cannot be checked without harness-runner")
        }
        do {
            let result = try ShortProgram.run([runner, "--probe", "--tvm", folder])
            guard result.ending.signal == nil else {
                return .problem(
                    "tvm", "\(folder): when loading it, \(result.reason): is a library truncated?",
                    remedy: Self.runtimeRemedy)
            }
            guard result.ending.status == 0 else {
                return .problem("tvm", "\(folder): \(result.reason)", remedy: Self.runtimeRemedy)
            }
            let version = try WireJSON.decode(AgentInfo.Runtime.self, from: Array(result.output.utf8))
            return .ok("tvm", "\(folder): TVM \(version.version), ffi \(version.ffiVersion), both libraries load")
        } catch {
            return .problem("tvm", "\(folder): the runner does not answer: \(error)", remedy: Self.runnerRemedy)
        }
    }

    private static let runtimeRemedy =
        "Install the package harness-tvm-runtime, or make a folder with “python -m unet runtime --out DIR” and name it with --tvm DIR."

    /// Whether modules for an NVIDIA GPU could find its libraries; a board without a GPU needs none.
    var cuda: Finding {
        guard let folder = configuration.tvmFolder, access(folder + "/libtvm_runtime_cuda.so", F_OK) == 0 else {
            guard let gpu = NVML(path: configuration.nvmlLibrary)?.devices.first else {
                return .ok("cuda", "no CUDA runtime: not needed on a board without a GPU")
            }
            return .note(
                "cuda", "there is a GPU (\(gpu.description)), but no CUDA runtime: only the CPU can be used",
                remedy: "Make a folder with “python -m unet runtime --cuda --out DIR”, and name it with --tvm DIR.")
        }
        let libraries = [
            ("libcuda.so.1", "NVIDIA's driver, in Debian the package libcuda1"),
            ("libcudart.so.13", "CUDA 13's runtime, which NVIDIA packages as cuda-cudart"),
        ]
        let missing = libraries.filter { name, _ in
            ["", folder + "/"].allSatisfy { dlopen($0 + name, RTLD_LAZY | RTLD_LOCAL) == nil }
        }
        guard !missing.isEmpty else { return .ok("cuda", "libcuda.so.1 and libcudart.so.13 load") }
        return .note(
            "cuda", "\(missing.map(\.0).joined(separator: " and ")) cannot be loaded: only the CPU can be used",
            remedy: "Install \(missing.map(\.1).joined(separator: ", and ")).")
    }
}
