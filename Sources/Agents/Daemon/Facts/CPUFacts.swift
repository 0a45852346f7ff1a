import AgentAPI
import CPOSIX

/// The processor, from /proc/cpuinfo, the device tree and /sys/devices/system/cpu.
struct CPUFacts {
    let root: FactsRoot
    let architecture: String

    private var info: [String: String] { root.fields("/proc/cpuinfo") }

    /// Whether /proc/cpuinfo is another architecture's: an emulator passes its host's through.
    var isForeign: Bool {
        let info = info
        return architecture == "aarch64" ? info["vendor_id"] != nil : info["CPU implementer"] != nil
    }

    /// The processor's name: on ARM the kinds of its cores, by the device tree or the cores' own registers.
    ///
    /// Nil under an emulator, where all these are its host's.
    var model: String? {
        if isForeign { return nil }
        let info = info
        if architecture != "aarch64" { return info["model name"] }
        return deviceTreeCores ?? registerCores ?? info["model name"]
    }

    /// `arm,cortex-a53` → `Cortex-A53`; nil if the tree names no core, as a virtual machine's does.
    private var deviceTreeCores: String? {
        let cpus = "/sys/firmware/devicetree/base/cpus"
        let names = root.numbered("cpu@", in: cpus).compactMap { name -> String? in
            guard let compatible = root.deviceTreeTexts("\(cpus)/\(name)/compatible").first,
                let core = compatible.split(separator: ",").last, core != "armv8"
            else { return nil }
            return core.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: "-")
        }
        return Self.joined(names)
    }

    private var registerCores: String? {
        var implementer = ""
        let names = root.allFields("/proc/cpuinfo").compactMap { name, value -> String? in
            if name == "CPU implementer" { implementer = value }
            return name == "CPU part" ? Self.coreNames["\(implementer) \(value)"] : nil
        }
        return Self.joined(names)
    }

    /// Each name once, in order; nil for none.
    private static func joined(_ names: [String]) -> String? {
        var kinds: [String] = []
        for name in names where !kinds.contains(name) { kinds.append(name) }
        return kinds.isEmpty ? nil : kinds.joined(separator: " + ")
    }

    /// Implementer and part of MIDR_EL1, as Linux' arch/arm64/include/asm/cputype.h names them.
    private static let coreNames = [
        "0x41 0xd03": "Cortex-A53", "0x41 0xd04": "Cortex-A35", "0x41 0xd05": "Cortex-A55", "0x41 0xd07": "Cortex-A57",
        "0x41 0xd08": "Cortex-A72", "0x41 0xd09": "Cortex-A73", "0x41 0xd0a": "Cortex-A75", "0x41 0xd0b": "Cortex-A76",
        "0x41 0xd0c": "Neoverse-N1", "0x41 0xd40": "Neoverse-V1", "0x41 0xd41": "Cortex-A78",
        "0x41 0xd42": "Cortex-A78AE",
        "0x41 0xd49": "Neoverse-N2", "0x41 0xd4f": "Neoverse-V2", "0x4e 0x004": "NVIDIA Carmel",
        "0x61 0x000": "Apple (virtual)", "0x61 0x022": "Apple M1 Icestorm", "0x61 0x023": "Apple M1 Firestorm",
        "0x61 0x024": "Apple M1 Pro Icestorm", "0x61 0x025": "Apple M1 Pro Firestorm",
        "0x61 0x028": "Apple M1 Max Icestorm", "0x61 0x029": "Apple M1 Max Firestorm",
        "0x61 0x032": "Apple M2 Blizzard", "0x61 0x033": "Apple M2 Avalanche",
    ]

    /// Instruction-set extensions, sorted.
    var features: [String] {
        // An emulator's /proc/cpuinfo may be its host's; the bits it hands to programs are those of the CPU it imitates.
        if isForeign, root.path.isEmpty { return Self.hardwareCapabilities }
        return (info["flags"] ?? info["Features"] ?? "").split(separator: " ").map(String.init).sorted()
    }

    /// AT_HWCAP and AT_HWCAP2 as /proc/cpuinfo names them, after Linux' arch/arm64/kernel/cpuinfo.c.
    private static var hardwareCapabilities: [String] {
        guard BoardFacts.architecture == "aarch64" else { return [] }
        let first =
            "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm jscvt fcma lrcpc dcpop sha3 sm3 sm4 asimddp sha512 sve asimdfhm dit uscat ilrcpc flagm ssbs sb paca pacg"
        let second =
            "dcpodp sve2 sveaes svepmull svebitperm svesha3 svesm4 flagm2 frint svei8mm svef32mm svef64mm svebf16 i8mm bf16"
        func names(_ list: String, _ bits: UInt) -> [String] {
            list.split(separator: " ").enumerated().filter { bits >> UInt($0.offset) & 1 == 1 }.map {
                String($0.element)
            }
        }
        return (names(first, harness_hardware_capabilities(1)) + names(second, harness_hardware_capabilities(2)))
            .sorted()
    }

    /// Cores online.
    var cores: Int? { root.text("/sys/devices/system/cpu/online").flatMap(CoreList.count) }

    /// Caches by level; boards whose cores differ have one entry for each size.
    var caches: [AgentInfo.Board.Cache] {
        let cpus = "/sys/devices/system/cpu"
        // Cores that share a cache name it alike; each is counted once.
        var seen: [String: Set<String>] = [:]
        var order: [(key: String, cache: AgentInfo.Board.Cache)] = []
        for cpu in root.numbered("cpu", in: cpus) {
            for index in root.numbered("index", in: "\(cpus)/\(cpu)/cache") {
                let folder = "\(cpus)/\(cpu)/cache/\(index)"
                guard let level = root.number("\(folder)/level"), let kind = root.text("\(folder)/type"),
                    let size = root.text("\(folder)/size").flatMap(Self.bytes)
                else { continue }
                let key = "\(level) \(kind) \(size)"
                if seen[key] == nil { order.append((key, .init(level: level, kind: kind, sizeBytes: size, count: 0))) }
                seen[key, default: []].insert(root.text("\(folder)/shared_cpu_list") ?? cpu)
            }
        }
        return order.map { key, cache in
            var cache = cache
            cache.count = seen[key]?.count ?? 0
            return cache
        }.sorted { ($0.level, $0.kind) < ($1.level, $1.kind) }
    }

    /// `512K` in bytes.
    private static func bytes(_ text: String) -> Int? {
        let units = ["K": 10, "M": 20, "G": 30]
        guard let last = text.last, let shift = units[String(last)] else { return Int(text) }
        return Int(text.dropLast()).map { $0 << shift }
    }
}
