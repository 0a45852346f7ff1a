import AgentWire
import CProcess
import FoundationEssentials
import Glibc

/// Reads who and what the board is, from files below a root that tests can choose.
struct BoardFacts {
    let root: String

    init(root: String = "") {
        self.root = root
    }

    /// The board; what cannot be told is nil.
    func read() -> AgentInfo.Board {
        let cpu = cpuInfo
        return AgentInfo.Board(
            cpuModel: deviceTreeModel ?? cpu["model name"] ?? cpu["Model"], architecture: Self.architecture,
            cpuFeatures: (cpu["flags"] ?? cpu["Features"] ?? "").split(separator: " ").map(String.init).sorted(),
            cores: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), memoryBytes: memoryBytes,
            pageSizeBytes: sysconf(Int32(_SC_PAGESIZE)), osName: osName, kernel: Self.kernel, glibc: Self.glibc,
            hypervisor: hypervisor(cpu), container: container,
            governor: text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
            frequencyKhz: text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq").flatMap { Int($0) })
    }

    /// Whether this program runs under an emulator of its instruction set: QEMU shows the host's /proc/cpuinfo.
    func isEmulated(environment: String?) -> Bool {
        if let environment { return environment == "1" }
        let cpu = cpuInfo
        return Self.architecture == "aarch64" ? cpu["vendor_id"] != nil : cpu["CPU implementer"] != nil
    }

    /// A small file's content without surrounding white space and zero bytes; nil if there is none.
    private func text(_ path: String) -> String? {
        guard let bytes = try? Data(contentsOf: URL(filePath: root + path)) else { return nil }
        let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars.filter { $0 != "\0" }
        let trimmed = String(String.UnicodeScalarView(scalars)).split(separator: "\n").first.map(String.init) ?? ""
        return trimmed.isEmpty ? nil : trimmed
    }

    /// The fields of the first core in /proc/cpuinfo.
    private var cpuInfo: [String: String] {
        guard let bytes = try? Data(contentsOf: URL(filePath: root + "/proc/cpuinfo")) else { return [:] }
        var fields: [String: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let key = parts[0].filter { $0 != "\t" }
            if fields[key] == nil { fields[key] = String(parts[1].drop(while: { $0 == " " })) }
        }
        return fields
    }

    private var deviceTreeModel: String? {
        text("/sys/firmware/devicetree/base/model") ?? text("/proc/device-tree/model")
    }

    private var memoryBytes: Int? {
        guard let bytes = try? Data(contentsOf: URL(filePath: root + "/proc/meminfo")) else { return nil }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("MemTotal:") {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
        }
        return nil
    }

    private var osName: String? {
        guard let bytes = try? Data(contentsOf: URL(filePath: root + "/etc/os-release")) else { return nil }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("PRETTY_NAME=") {
            return String(line.dropFirst("PRETTY_NAME=".count).filter { $0 != "\"" })
        }
        return nil
    }

    private func hypervisor(_ cpu: [String: String]) -> String? {
        let isVirtual = cpu["flags"]?.split(separator: " ").contains("hypervisor") ?? false
        let product = [text("/sys/class/dmi/id/sys_vendor"), text("/sys/class/dmi/id/product_name")]
            .compactMap(\.self).joined(separator: " ").lowercased()
        let known = [
            ("kvm", "kvm"), ("qemu", "qemu"), ("vmware", "vmware"), ("virtualbox", "virtualbox"), ("xen", "xen"),
            ("microsoft", "hyper-v"), ("amazon", "nitro"), ("google", "kvm"), ("parallels", "parallels"),
            ("apple", "apple"),
        ]
        if let name = known.first(where: { product.contains($0.0) })?.1, isVirtual || Self.architecture == "aarch64" {
            return name
        }
        return isVirtual ? "unknown" : nil
    }

    private var container: String? {
        if FileManager.default.fileExists(atPath: root + "/.dockerenv") { return "docker" }
        if FileManager.default.fileExists(atPath: root + "/run/.containerenv") { return "podman" }
        return text("/run/systemd/container")
    }

    private static let kernel: String = {
        var name = utsname()
        uname(&name)
        return withUnsafeBytes(of: name.release) { String(decoding: $0.prefix(while: { $0 != 0 }), as: UTF8.self) }
    }()

    private static let glibc = harness_glibc_version().map { String(cString: $0) }

    /// What this program was compiled for.
    static let architecture: String = {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "aarch64"
        #else
            #error("unsupported architecture: TVM's wheels exist for x86_64 and aarch64")
        #endif
    }()
}
