import Store
import TestSupport
import Testing

/// `harness profile` on real modules through a real agent.
@Suite struct ProfileTests {
    @Test(
        "Every function of a module is timed, compared with the board's measured peaks, stored and reported")
    func whole() async throws {
        let fixtures = try Fixtures.folder()
        let desk = try Desk()
        #expect(try desk.run(try desk.dispatch(["bundle", "roofline-x86"])).status == 0)
        #expect(try await desk.store().runs(.all).map(\.bundle) == ["bundle"], "a roofline is not dispatched")
        let arguments = ["profile", "--bundle", "\(fixtures)/bundle", "\(fixtures)/roofline-x86", "--target", "x86"]
        let ending = try desk.run(arguments + ["--calls", "5"])
        #expect(ending.status == 0, "\(ending.output) \(ending.error)")
        #expect(ending.output.contains("winograd-f4") && ending.output.contains("GFLOP/s"))
        let store = try desk.store()
        let run = try await store.run(1)
        let profile = try #require(
            try await store.profile(target: "x86", bundle: run.bundle.manifestSHA256))
        let peaks = try #require(profile.peaks)
        #expect(peaks.flopPerSecond > 0 && peaks.bytesPerSecond > 0 && profile.calls == 5)
        // Every kernel the bundle names is called as often as the network has such layers: two 3×3 convolutions per block.
        let depth = try Fixtures.bundle().model.depth
        let known = profile.operators.filter { $0.kind != nil }
        let convolutions = known.filter { $0.kind?.contains("3x3") == true || $0.kind?.hasPrefix("winograd") == true }
        #expect(convolutions.reduce(0) { $0 + $1.calls } == 2 * (2 * depth + 1))
        #expect(known.filter { $0.kind == "up-2x2" }.reduce(0) { $0 + $1.calls } == depth)
        // The FLOP of a U-Net of width 8 and depth 3 on 256×256, counted by hand in models/tests/test_operators.py.
        #expect(known.reduce(0) { $0 + ($1.flop ?? 0) } == 1_174_405_120)
        #expect(profile.operators.allSatisfy { $0.leastNs <= $0.medianNs })
        #expect(profile.profiledMedianNs > 0 && profile.plainMedianNs > 0)
        #expect(try desk.run(["db", "check"]).status == 0)
        #expect(try desk.run(["report", "--output", "out/"]).status == 0)
        let report = String(decoding: try contents("\(desk.folder.path)/out/report.html"), as: UTF8.self)
        #expect(report.contains("Where the time goes") && report.contains("Roofline of x86"))
    }

    @Test("A bundle that does not describe its functions is timed by their names; another runner's bundle is refused")
    func unknown() async throws {
        let fixtures = try Fixtures.folder()
        let desk = try Desk()
        #expect(try ChildProcess.run(["cp", "-r", "\(fixtures)/bundle", "\(desk.folder.path)/silent"]).status == 0)
        let path = "\(desk.folder.path)/silent/bundle.json"
        let edit = "import json,sys; p=sys.argv[1]; d=json.load(open(p)); del d['operators']; json.dump(d,open(p,'w'))"
        #expect(try ChildProcess.run(["python3", "-c", edit, path]).status == 0)
        let silent = try desk.run(["profile", "--bundle", "silent", "--target", "x86", "--calls", "3"])
        #expect(
            silent.status == 0 && silent.output.contains("winograd_") && silent.output.contains("were not measured"))
        let query = "SELECT count(*) > 5, count(kind), count(flop) FROM profile_operator"
        #expect(try ChildProcess.run(["sqlite3", desk.database, query]).output == "1|0|0\n")
        let other = try desk.run(["profile", "--bundle", "\(fixtures)/pytorch-eager", "--target", "x86"])
        #expect(other.status == 1 && other.output.contains("profile-unsupported"), "\(other.output) \(other.error)")
        let only = try desk.run(["profile", "--bundle", "\(fixtures)/roofline-x86", "--target", "x86"])
        #expect(only.status == 64 && only.error.contains("no bundle to profile"))
    }
}
