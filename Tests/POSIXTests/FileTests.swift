import Glibc
import POSIX
import TestSupport
import Testing

@Suite struct FileTests {
    @Test(
        "A file is written whole in place of another, and nothing else stays in its folder", arguments: [false, true])
    func write(durably: Bool) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a", "old")
        try File.write(Array("new".utf8), to: path, durably: durably)
        #expect(try File.read(path) == Array("new".utf8) && File.size(path) == 3)
        #expect(Folder.names(folder.path) == ["a"])
    }

    @Test("An error names the path, the reason and the remedy, and leaves nothing behind")
    func errors() throws {
        let folder = try TemporaryFolder()
        let missing = try #require(caught(SystemError.self) { try File.read("\(folder.path)/none") })
        #expect(
            missing.description == "\(folder.path)/none cannot be opened: No such file or directory. Is the path right?"
        )
        let isFolder = try #require(caught(SystemError.self) { try File.write([1], to: folder.path) })
        #expect(isFolder.code == EISDIR && isFolder.problem == "\(folder.path) cannot be written")
        let full = try #require(
            caught(SystemError.self) { try FileDescriptor(opening: "/dev/full", O_WRONLY).writeAll([1]) })
        #expect(full.isDiskFull && full.description.hasSuffix("Make room and try again."))
        let file = try folder.write("file", "")
        let below = try #require(caught(SystemError.self) { try Folder.make("\(file)/below") })
        #expect(below.code == ENOTDIR)
        #expect(Folder.names(folder.path) == ["file"])
    }

    @Test("Folders are made with those above them, and removed with what is in them, but links are not followed")
    func folders() throws {
        let folder = try TemporaryFolder()
        let outside = try folder.write("outside/kept", "x")
        try Folder.make("\(folder.path)/a/b/c")
        try Folder.make("\(folder.path)/a/b/c")
        try folder.write("a/b/file", "x")
        #expect(symlink(Folder.of(outside), "\(folder.path)/a/link") == 0)
        #expect(File.destination(ofLink: "\(folder.path)/a/link") == Folder.of(outside))
        Folder.remove("\(folder.path)/a")
        #expect(!File.exists("\(folder.path)/a") && File.exists(outside))
        #expect(["/", "a", "/a", "b/a"].map(Folder.of) == ["/", ".", "/", "b"])
    }
}
