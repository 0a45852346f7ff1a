import AgentAPI

/// Temperatures, and what x86 cores count of them.
struct ThermalFacts {
    let root: FactsRoot

    /// All thermal zones, then the CPU sensors that are none.
    var temperatures: [BoardConditions.Temperature] {
        let zones = root.numbered("thermal_zone", in: "/sys/class/thermal").compactMap { zone in
            reading("/sys/class/thermal/\(zone)/temp", root.text("/sys/class/thermal/\(zone)/type") ?? zone)
        }
        return zones + sensors
    }

    /// AMD's and Intel's drivers show their sensors only here; others repeat their thermal zones.
    private var sensors: [BoardConditions.Temperature] {
        root.numbered("hwmon", in: "/sys/class/hwmon").flatMap { chip -> [BoardConditions.Temperature] in
            let folder = "/sys/class/hwmon/\(chip)"
            guard let name = root.text("\(folder)/name"), ["k10temp", "zenpower", "coretemp"].contains(name) else {
                return []
            }
            return root.numbered("temp", in: folder, suffix: "_input").compactMap { file in
                let label = root.text("\(folder)/\(file.dropLast("_input".count))_label")
                return reading("\(folder)/\(file)", label.map { "\(name) \($0)" } ?? name)
            }
        }
    }

    private func reading(_ file: String, _ sensor: String) -> BoardConditions.Temperature? {
        root.number(file).map { .init(sensor: sensor, millidegreesCelsius: $0) }
    }

    /// Sum over the cores; nil where the kernel counts none.
    var throttleEvents: Int? {
        let cpus = "/sys/devices/system/cpu"
        let counts = root.numbered("cpu", in: cpus).compactMap {
            root.number("\(cpus)/\($0)/thermal_throttle/core_throttle_count")
        }
        return counts.isEmpty ? nil : counts.reduce(0, +)
    }
}

/// Under-voltage and throttling as a Raspberry Pi's firmware reports them.
///
/// Source of the bits: “get_throttled” in Raspberry Pi's documentation of vcgencmd.
struct FirmwareThrottling {
    let root: FactsRoot
    private static let names = ["under-voltage", "frequency-capped", "throttled", "soft-temperature-limit"]
    private static let files = [
        "/sys/devices/platform/soc/soc:firmware/get_throttled",
        "/sys/devices/platform/soc@0/soc@0:firmware/get_throttled",
    ]

    /// Nil on other boards.
    func read() -> BoardConditions.Throttling? { fromFile ?? fromTool.map(Self.decode) }

    /// What kernels with a file for it report, without starting a program.
    var fromFile: BoardConditions.Throttling? {
        Self.files.compactMap { root.text($0) }.first.flatMap(Self.bits).map(Self.decode)
    }

    /// The low half is now, the high half since the board started.
    static func decode(_ bits: UInt) -> BoardConditions.Throttling {
        func names(_ bits: UInt) -> [String] {
            Self.names.enumerated().filter { bits >> UInt($0.offset) & 1 == 1 }.map(\.element)
        }
        return .init(now: names(bits), sinceBoot: names(bits >> 16))
    }

    /// `throttled=0x50005` or `50005`.
    static func bits(_ text: String) -> UInt? {
        let digits = text.split(separator: "=").last.map(String.init) ?? text
        return UInt(digits.hasPrefix("0x") ? String(digits.dropFirst(2)) : digits, radix: 16)
    }

    /// Kernels without the file have the firmware's own program.
    private var fromTool: UInt? {
        let tool = "/usr/bin/vcgencmd"
        guard root.exists(tool), let result = try? ShortProgram.run([root.path + tool, "get_throttled"], seconds: 5)
        else { return nil }
        return result.output.split(separator: "\n").first.flatMap { Self.bits(String($0)) }
    }
}
