import Imaging
import Store
import TestSupport
import Testing

/// Masks of several variants compared with each other, through a real agent.
@Suite struct ParityTests {
    @Test("Pixels that differ from the reference's masks are counted, and a mask is stored once")
    func counted() async throws {
        let desk = try Desk()
        // The same network in FP32 with direct and with Winograd kernels, and in INT8, whose masks differ.
        #expect(try desk.run(try desk.dispatch(["bundle-other", "bundle", "onnxruntime-int8"])).status == 0)
        let store = try desk.store()
        let runs = try await store.runs(.all).sorted { $0.id < $1.id }
        var details: [RunDetail] = []
        for run in runs { details.append(try await store.run(run.id)) }
        let (reference, quantized) = (details[0], details[2])
        var (slices, pixels) = (0, 0)
        for (own, other) in zip(quantized.slices, reference.slices) where own.maskSha256 != other.maskSha256 {
            let first = try #require(try await store.mask(own.maskSha256))
            let second = try #require(try await store.mask(other.maskSha256))
            let masks = try [first, second].map { try PNG.decode($0, channels: 1).pixels }
            #expect(masks[0].count { $0 == 255 } == own.predicted)
            slices += 1
            for (left, right) in zip(masks[0], masks[1]) where left != right { pixels += 1 }
        }
        #expect(slices > 0 && pixels >= slices)
        let digests = Set(details.flatMap { $0.slices.map(\.maskSha256) })
        let count = try ChildProcess.run(["sqlite3", desk.database, "SELECT count(*) FROM mask"])
        #expect(count.output == "\(digests.count)\n", "each mask once")
        #expect(
            try desk.run(["report", "--reference", "fp32-direct", "--gate", "99.9", "--output", "out/"]).status == 0)
        let report = String(decoding: try contents("\(desk.folder.path)/out/report.md"), as: UTF8.self)
        let dataset = try Fixtures.dataset()
        let total = reference.slices.count * dataset.height * dataset.width
        #expect(
            report.contains(
                "\(pixels) of \(total) pixels differ from those of x86 · fp32-direct, in \(slices) of \(reference.slices.count) slices"
            ))
        #expect(report.contains("99.9% of PyTorch's"))
        #expect(report.contains("largest component only"))
        // A second dispatch adds no mask.
        #expect(try desk.run(try desk.dispatch(["bundle"])).status == 0)
        let again = try ChildProcess.run(["sqlite3", desk.database, "SELECT count(*) FROM mask"])
        #expect(again.output == count.output)
        #expect(try desk.run(["db", "check"]).status == 0)
    }
}
