import AgentRunner
import AgentAPI
import Imaging
import TestSupport
import Testing

@Suite struct NormaliserTests {
    @Test("Pixels become planes by the documented formula, in float32")
    func formula() {
        let raster = Raster(width: 2, height: 1, channels: 3, pixels: [0, 50, 255, 10, 110, 90])
        let normalisation = DatasetManifest.Normalisation(
            low: 10, high: 110, mean: [0.5, 0.25, 0], std: [0.5, 0.1, 2])
        var output = [Float](repeating: -9, count: 6)
        output.withUnsafeMutableBufferPointer { Normaliser(normalisation).apply(raster, into: $0) }
        func expected(_ pixel: Float, _ channel: Int) -> Float {
            (min(max((pixel - 10) / 100, 0), 1) - normalisation.mean[channel]) / normalisation.std[channel]
        }
        #expect(
            output == [
                expected(0, 0), expected(10, 0), expected(50, 1), expected(110, 1), expected(255, 2), expected(90, 2),
            ])
    }
}

@Suite struct ProcessStatusTests {
    @Test("Memory and cores are read from the kernel's text")
    func fixture() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "status", "Name:\tx\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\nCpus_allowed_list:\t0-2,5\nThreads:\t1\n")
        let status = try #require(ProcessStatus(path: file))
        #expect(status.memory == MemorySnapshot(residentBytes: 1 << 20, peakResidentBytes: 2 << 20))
        #expect(status.allowedCores == 4)
    }

    @Test("What the kernel does not report is nil, not zero")
    func missing() throws {
        let folder = try TemporaryFolder()
        let status = try #require(ProcessStatus(path: folder.write("status", "Name:\tkthread\n")))
        #expect(status.memory == nil && status.allowedCores == nil)
        #expect(ProcessStatus(path: "\(folder.path)/none") == nil)
    }
}
