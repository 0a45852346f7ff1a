import Glibc

/// What the first bytes of an ELF file say of it.
struct ELFHeader {
    /// The machine it is for, in `uname -m`'s words or as its number.
    let architecture: String

    /// Reads a file; nil if it cannot be read or is no ELF file.
    init?(path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var header = [UInt8](repeating: 0, count: 20)
        guard pread(descriptor, &header, header.count, 0) == header.count,
            header.starts(with: [0x7F, 0x45, 0x4C, 0x46])
        else { return nil }
        let machine = Int(header[18]) | Int(header[19]) << 8
        let names = [62: "x86_64", 183: "aarch64", 40: "arm (32-bit)", 3: "i386", 243: "riscv64"]
        let name = names[machine] ?? "ELF machine \(machine)"
        // x86_64 with 32-bit pointers (x32) has the same number.
        architecture = header[4] == 2 ? name : machine == 62 ? "x32" : name
    }
}
