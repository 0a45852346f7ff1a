import POSIX
import AgentAPI
import Glibc

/// The CPU an ELF file is for, by its header.
enum ELFFile {
    /// The machine's name as `uname -m` has it, or its number; nil if it is not an ELF file.
    ///
    /// Throws if the file cannot be read.
    static func architecture(of path: String) throws(Failure) -> String? {
        let file = try asFailure { try FileDescriptor(opening: path, O_RDONLY) }
        var header = [UInt8](repeating: 0, count: 20)
        guard pread(file.rawValue, &header, header.count, 0) == header.count,
            header.starts(with: [0x7F, 0x45, 0x4C, 0x46])
        else { return nil }
        let machine = Int(header[18]) | Int(header[19]) << 8
        let names = [62: "x86_64", 183: "aarch64", 40: "arm", 3: "i386", 243: "riscv64"]
        let name = names[machine] ?? "ELF machine \(machine)"
        // Class 1 is 32-bit, whatever the machine.
        return header[4] == 2 ? name : "\(name) (32-bit)"
    }
}
