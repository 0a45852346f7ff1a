import POSIX
import AgentAPI
import CTVM
import Glibc

/// Watches the functions that TVM's virtual machine calls; must live as long as the machine that it was given to.
///
/// The machine calls it before and after each (`VirtualMachineImpl::RunInstrCall`), with the function's name at an address that stays
/// the same. Two readings of the clock and a look-up are all that a call costs.
final class Instrument {
    private var indices: [UnsafeRawPointer: Int] = [:]
    private var names: [String] = []
    /// Of the module's current call.
    private var nanoseconds: [Int64] = []
    private var calls: [Int] = []
    private var open: [Int64] = []
    /// Waits until the device has done what it was asked for; nil on a CPU.
    private let synchronize: (() -> Void)?

    init(synchronize: (() -> Void)?) { self.synchronize = synchronize }

    /// What TVM is to call, with the instrument itself as its first argument.
    static let callback: ctvm_safe_call = { owner, arguments, count, result in
        guard let owner, let arguments, count >= 3, let name = arguments[1].pointer else { return 0 }
        result?.pointee = ctvm_any()
        let instrument = Unmanaged<Instrument>.fromOpaque(owner).takeUnretainedValue()
        arguments[2].integer != 0 ? instrument.begin() : instrument.end(name)
        return 0
    }

    private func begin() {
        synchronize?()
        open.append(MonotonicClock.now())
    }

    private func end(_ name: UnsafeMutableRawPointer) {
        synchronize?()
        let now = MonotonicClock.now()
        guard let start = open.popLast() else { return }
        let index = indices[name] ?? add(name)
        nanoseconds[index] += now - start
        calls[index] += 1
    }

    private func add(_ name: UnsafeMutableRawPointer) -> Int {
        let index = names.count
        indices[name] = index
        names.append(String(cString: name.assumingMemoryBound(to: CChar.self)))
        nanoseconds.append(0)
        calls.append(0)
        return index
    }

    /// What the functions took since the last time this was asked, in the order of their first call.
    func take() -> [(name: String, calls: Int, ns: Int64)] {
        defer {
            for index in names.indices { (nanoseconds[index], calls[index]) = (0, 0) }
        }
        return names.indices.map { (names[$0], calls[$0], nanoseconds[$0]) }
    }
}

extension CompiledModule {
    /// Has the virtual machine call `instrument` for all its functions from now on. Throws `Failure` with `module-run`.
    func attach(_ instrument: Instrument) throws(Failure) {
        do {
            let callback = try runtime.function(
                Instrument.callback, owner: Unmanaged.passUnretained(instrument).toOpaque())
            let set = try machineFunction("set_instrument")
            _ = try runtime.invoke(set, [.object(callback, typeIndex: Int32(ctvm_function))])
        } catch {
            throw Failure(.moduleRun, "TVM's virtual machine does not accept an instrument: \(error)")
        }
    }
}
