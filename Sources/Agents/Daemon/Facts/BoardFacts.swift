import POSIX
import AgentAPI
import CPOSIX
import Glibc

/// Reads who and what the board is, and its state, from files below a root that tests can choose.
struct BoardFacts: Sendable {
    let root: FactsRoot
    let architecture: String

    /// Facts below `root`, read as those of an `architecture` board: this program's own, but in tests.
    init(root: String = "", architecture: String = BoardFacts.architecture) {
        (self.root, self.architecture) = (FactsRoot(path: root), architecture)
    }

    /// The board; what cannot be found out is nil.
    func read() -> Board {
        let cpu = CPUFacts(root: root, architecture: architecture)
        let memory = MemoryFacts(root: root)
        let virtualisation = VirtualisationFacts(root: root, architecture: architecture)
        var board = Board(
            architecture: architecture, cpuFeatures: cpu.features,
            cores: cpu.cores ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))),
            kernel: root.text("/proc/sys/kernel/osrelease") ?? "unknown")
        board.model = model
        board.cpuModel = cpu.model
        board.caches = cpu.caches
        board.clockDomains = ClockFacts(root: root).domains
        board.memoryBytes = memory.total
        board.swapBytes = memory.swap
        board.pageSizeBytes = sysconf(Int32(_SC_PAGESIZE))
        board.osName = osName
        board.glibc = harness_glibc_version().map { String(cString: $0) }
        board.hypervisor = virtualisation.hypervisor
        board.container = virtualisation.container
        board.limits = ControlGroups(root: root).limits
        return board
    }

    /// The board's state at this moment.
    func conditions() -> BoardConditions {
        let thermal = ThermalFacts(root: root)
        return BoardConditions {
            $0.availableMemoryBytes = MemoryFacts(root: root).available
            $0.busyMs = LoadFacts(root: root).busyMs
            $0.clocksKhz = ClockFacts(root: root).current
            $0.temperatures = thermal.temperatures
            $0.throttling = FirmwareThrottling(root: root).read()
            $0.throttleEvents = thermal.throttleEvents
        }
    }

    /// Whether this program runs under an emulator of its instruction set; `environment` (1 or 0) decides if it is given.
    func isEmulated(environment: String?) -> Bool {
        if let environment { return environment == "1" }
        return CPUFacts(root: root, architecture: architecture).isForeign || (root.path.isEmpty && Self.isTranslated)
    }

    /// Emulators answer for /proc/self, so that a program finds itself there, and newer ones for /proc/cpuinfo too. Under
    /// /proc/thread-self the kernel tells the file that it really runs: the emulator, which is built for another machine.
    private static let isTranslated: Bool = {
        guard let running = try? ELFFile.architecture(of: "/proc/thread-self/exe") else { return false }
        return running != architecture
    }()

    /// The device tree's words on ARM, the maker's and the product's where there is firmware that names them.
    private var model: String? {
        let tree = root.text("/sys/firmware/devicetree/base/model") ?? root.text("/proc/device-tree/model")
        if let tree { return tree }
        let (vendor, product) = (root.text("/sys/class/dmi/id/sys_vendor"), root.text("/sys/class/dmi/id/product_name"))
        // Placeholders of mainboards whose maker never filled in a name.
        let empty = ["system manufacturer", "system product name", "to be filled by o.e.m.", "default string"]
        let names = [vendor, product].compactMap(\.self).filter { !empty.contains($0.lowercased()) }
        if names.count == 2, names[1].hasPrefix(names[0]) { return names[1] }
        return names.isEmpty ? nil : names.joined(separator: " ")
    }

    private var osName: String? {
        let line = root.content("/etc/os-release")?.split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }
        return line.map { String($0.dropFirst("PRETTY_NAME=".count).filter { $0 != "\"" }) }
    }

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
