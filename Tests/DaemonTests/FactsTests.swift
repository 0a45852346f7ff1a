import AgentWire
import TestSupport
import Testing

@testable import AgentDaemon

@Suite struct FactsTests {
    @Test("A board's facts are read below the root, and what is not there is nil")
    func fixtureTree() throws {
        let root = try TemporaryFolder()
        try root.write(
            "proc/cpuinfo",
            "processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: fpu avx2 hypervisor\n\nprocessor\t: 1\nmodel name\t: Other\n"
        )
        try root.write("proc/meminfo", "MemTotal:        1000 kB\nMemFree: 5 kB\n")
        try root.write("etc/os-release", "NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n")
        try root.write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "ondemand\n")
        try root.write("sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "600000\n")
        try root.write("sys/class/dmi/id/sys_vendor", "QEMU\n")
        let board = BoardFacts(root: root.path).read()
        #expect(board.cpuModel == "Some CPU")
        #expect(board.cpuFeatures == ["avx2", "fpu", "hypervisor"])
        #expect(board.memoryBytes == 1_024_000)
        #expect(board.osName == "Debian GNU/Linux 12")
        #expect(board.governor == "ondemand" && board.frequencyKhz == 600_000)
        #expect(board.hypervisor == "qemu")
        #expect(board.container == nil)
    }

    @Test("An empty tree gives nil, never zero")
    func empty() throws {
        let board = BoardFacts(root: try TemporaryFolder().path).read()
        #expect(board.cpuModel == nil && board.memoryBytes == nil && board.osName == nil && board.governor == nil)
        #expect(board.frequencyKhz == nil && board.hypervisor == nil && board.container == nil)
        #expect(board.cores >= 1 && board.pageSizeBytes >= 4096)
    }

    @Test("A device tree's model goes before the kernel's name for the CPU")
    func deviceTree() throws {
        let root = try TemporaryFolder()
        try root.write("proc/cpuinfo", "processor\t: 0\nCPU implementer\t: 0x41\nFeatures\t: fp asimd\n")
        try root.write("sys/firmware/devicetree/base/model", "Raspberry Pi 3 Model B Rev 1.2\0")
        let facts = BoardFacts(root: root.path)
        #expect(facts.read().cpuModel == "Raspberry Pi 3 Model B Rev 1.2")
        #expect(facts.read().cpuFeatures == ["asimd", "fp"])
        // This build is for x86_64 and sees an ARM's cpuinfo, as under an emulator.
        #expect(facts.isEmulated(environment: nil) == (BoardFacts.architecture == "x86_64"))
        #expect(facts.isEmulated(environment: "1") && !facts.isEmulated(environment: "0"))
    }

    @Test("Lines are cut wherever the bytes come apart", arguments: 1...7)
    func lines(size: Int) {
        let text = Array("one\n\ntwo\nthr".utf8)
        var buffer = LineBuffer(longest: 100)
        var lines: [String] = []
        for start in stride(from: 0, to: text.count, by: size) {
            lines += (buffer.add(text[start..<min(start + size, text.count)]) ?? []).map {
                String(decoding: $0, as: UTF8.self)
            }
        }
        #expect(lines == ["one", "two"])
        #expect(buffer.rest == Array("thr".utf8))
        var short = LineBuffer(longest: 2)
        #expect(short.add(ArraySlice("abc".utf8)) == nil)
    }
}
