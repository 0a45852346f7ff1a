import AgentAPI
import TestSupport
import Testing

@testable import AgentDaemon

@Suite struct FactsTests {
    @Test("A Raspberry Pi 3 reports its model, its cores and that its supply is weak")
    func raspberryPi() throws {
        let tree = try BoardTree("rpi3", architecture: "aarch64")
        let board = tree.facts.read()
        #expect(board.model == "Raspberry Pi 3 Model B Rev 1.2" && board.cpuModel == "Cortex-A53")
        #expect(board.title == "Raspberry Pi 3 Model B Rev 1.2, Cortex-A53")
        #expect(board.cpuFeatures == ["asimd", "cpuid", "crc32", "evtstrm", "fp"])
        #expect(board.cores == 4 && board.kernel == "6.12.34+rpt-rpi-v8")
        #expect(
            board.caches == [
                .init(level: 1, kind: "Data", sizeBytes: 32768, count: 4),
                .init(level: 1, kind: "Instruction", sizeBytes: 32768, count: 4),
                .init(level: 2, kind: "Unified", sizeBytes: 524_288, count: 1),
            ])
        #expect(
            board.clockDomains == [
                .init(
                    cores: "0-3", governor: "ondemand", driver: "cpufreq-dt", minimumKhz: 600_000,
                    maximumKhz: 1_200_000)
            ])
        #expect(board.memoryBytes == 945_364 << 10 && board.swapBytes == 524_284 << 10)
        #expect(board.osName == "Debian GNU/Linux 13 (trixie)")
        #expect(board.hypervisor == nil && board.container == nil)
        #expect(board.limits == .init(processes: 512))
        #expect(!tree.facts.isEmulated(environment: nil))

        let now = tree.facts.conditions()
        #expect(now.clocksKhz == [600_000] && now.availableMemoryBytes == 651_240 << 10)
        #expect(now.temperatures == [.init(sensor: "cpu-thermal", millidegreesCelsius: 82713)])
        #expect(now.throttling?.now == ["under-voltage", "throttled"])
        #expect(now.throttling?.sinceBoot == ["under-voltage", "frequency-capped", "throttled"])
        #expect(now.throttleEvents == nil)
    }

    @Test("A kernel without the throttling file is asked through vcgencmd, and a board that has neither gives nil")
    func vcgencmd() throws {
        let tree = try BoardTree("rpi3", architecture: "aarch64")
        _ = try ChildProcess.run(["rm", "-r", "\(tree.folder.path)/sys/devices/platform"])
        #expect(tree.facts.conditions().throttling == nil)
        try tree.folder.write(
            "usr/bin/vcgencmd", "#!/bin/sh\n[ \"$1\" = get_throttled ] && echo throttled=0x80000\n", executable: true)
        #expect(tree.facts.conditions().throttling == .init(now: [], sinceBoot: ["soft-temperature-limit"]))
    }

    @Test("An M1's virtual machine is recognised, and what it hides is nil")
    func m1() throws {
        let tree = try BoardTree("m1-vm", architecture: "aarch64")
        let board = tree.facts.read()
        #expect(board.model == "Apple Inc. Apple Virtualization Generic Platform")
        #expect(board.cpuModel == "Apple (virtual)" && board.hypervisor == "apple" && board.cores == 4)
        #expect(board.cpuFeatures.contains("asimddp") && board.cpuFeatures.contains("atomics"))
        #expect(board.caches.isEmpty && board.clockDomains.isEmpty && board.governor == nil && board.limits == nil)
        let now = tree.facts.conditions()
        #expect(now.clocksKhz.isEmpty && now.temperatures.isEmpty && now.throttling == nil)
    }

    @Test("A desktop reports its clocks, its sensors by number and how often it was throttled")
    func desktop() throws {
        let board = try BoardTree("desktop", architecture: "x86_64")
        let facts = board.facts.read()
        #expect(facts.model == "ASUS" && facts.cpuModel == "12th Gen Intel(R) Core(TM) i5-12400")
        #expect(facts.hypervisor == nil && facts.container == nil && facts.governor == "powersave")
        #expect(facts.clockDomains.map(\.cores) == ["0", "1"] && facts.clockDomains[1].maximumKhz == 4_400_000)
        #expect(facts.caches.map(\.sizeBytes) == [48 << 10, 18 << 20] && facts.caches.map(\.count) == [1, 1])
        let now = board.facts.conditions()
        #expect(now.clocksKhz == [3_999_998, 800_000])
        #expect(now.temperatures.map(\.sensor) == ["acpitz", "x86_pkg_temp", "coretemp Package id 0"])
        #expect(now.throttleEvents == 14 && now.throttling == nil)
    }

    @Test("A container in a cloud is held to its control groups' limits")
    func cloud() throws {
        let tree = try BoardTree("cloud", architecture: "x86_64")
        let board = tree.facts.read()
        #expect(board.model == "Amazon EC2 m7a.xlarge" && board.hypervisor == "nitro" && board.container == "docker")
        #expect(board.limits == .init(memoryBytes: 2 << 30, cpuCores: 1.5, cores: "0-1"))
        // 2 GiB less the 700 MiB used, of which 150 MiB are pages of files.
        #expect(tree.facts.conditions().availableMemoryBytes == (2048 - 550) << 20)
    }

    @Test("Of nested control groups the narrowest counts")
    func nested() throws {
        let root = try TemporaryFolder()
        try root.write("proc/self/cgroup", "0::/a/b\n")
        try root.write("sys/fs/cgroup/cgroup.controllers", "memory cpu\n")
        try root.write("sys/fs/cgroup/a/memory.max", "1000\n")
        try root.write("sys/fs/cgroup/a/memory.current", "400\n")
        try root.write("sys/fs/cgroup/a/memory.stat", "inactive_file 60\nactive_file 30\nslab_reclaimable 10\nanon 5\n")
        try root.write("sys/fs/cgroup/a/b/memory.max", "max\n")
        try root.write("sys/fs/cgroup/a/cpu.max", "50000 100000\n")
        try root.write("sys/fs/cgroup/a/b/cpu.max", "200000 100000\n")
        let groups = ControlGroups(root: FactsRoot(path: root.path))
        #expect(groups.limits == .init(memoryBytes: 1000, cpuCores: 0.5))
        #expect(groups.availableMemory == 700)
    }

    @Test("Lists of cores are counted as the kernel writes them, and another text is nil")
    func coreLists() {
        #expect(CoreList.count("0-3") == 4 && CoreList.count("0") == 1 && CoreList.count("0,2-3,8") == 4)
        #expect(CoreList.count("") == nil && CoreList.count("x") == nil && CoreList.count("3-0") == nil)
        #expect(CoreList.text([0, 1, 2, 5, 7, 6]) == "0-2,5-7" && CoreList.text([]) == "")
    }

    @Test("An empty tree gives nil, never zero")
    func empty() throws {
        let facts = BoardFacts(root: try TemporaryFolder().path)
        let board = facts.read()
        #expect(board.model == nil && board.cpuModel == nil && board.memoryBytes == nil && board.osName == nil)
        #expect(board.governor == nil && board.hypervisor == nil && board.container == nil && board.limits == nil)
        #expect(board.cores >= 1 && board.pageSizeBytes ?? 0 >= 4096)
        #expect(facts.conditions() == BoardConditions())
    }

    @Test("Another architecture's /proc/cpuinfo reveals an emulator, and the environment overrides it")
    func emulation() throws {
        let (x86, arm) = (
            try BoardTree("desktop", architecture: "aarch64"), try BoardTree("rpi3", architecture: "x86_64")
        )
        #expect(x86.facts.isEmulated(environment: nil) && arm.facts.isEmulated(environment: nil))
        #expect(x86.facts.isEmulated(environment: "1") && !x86.facts.isEmulated(environment: "0"))
        // This very process runs as it was built, or under the emulator that the tests were told of.
        #expect(BoardFacts().isEmulated(environment: nil) == Fixtures.isEmulated)
    }
}
