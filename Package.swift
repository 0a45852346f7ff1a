// swift-tools-version: 6.0
// The targets and the one import direction; docs/architecture.md draws it.
// The build itself refuses an import that is not declared here (`make build`).
import PackageDescription

let strict: [SwiftSetting] = [.unsafeFlags(["-warnings-as-errors"])]

/// A system library of Debian's, entered through one module map and one small header.
func system(_ name: String, _ path: String, _ pkgConfig: String) -> Target {
    .systemLibrary(name: name, path: path, pkgConfig: pkgConfig)
}

func library(_ name: String, _ path: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target
{
    .target(name: name, dependencies: dependencies, path: path, exclude: exclude, swiftSettings: strict)
}

func program(_ name: String, _ path: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude, swiftSettings: strict)
}

let package = Package(
    name: "harness",
    products: [
        .executable(name: "harness", targets: ["harness"]),
        .executable(name: "harness-agent", targets: ["harness-agent"]),
        .executable(name: "harness-runner", targets: ["harness-runner"]),
    ],
    targets: [
        // C libraries
        system("CSQLite", "Sources/Store/CSQLite", "sqlite3"),
        system("CCrypto", "Sources/Hashing/CCrypto", "libcrypto"),
        system("CCurl", "Sources/Agents/Client/CCurl", "libcurl"),
        system("CMicroHTTPD", "Sources/Agents/Daemon/CMicroHTTPD", "libmicrohttpd"),
        system("CTLS", "Sources/Agents/Daemon/CTLS", "libcrypto"),
        system("CPNG", "Sources/Imaging/CPNG", "libpng"),
        .target(name: "CTVM", path: "Sources/Agents/Runner/CTVM"),
        .target(name: "CMemoryFile", path: "Sources/Agents/Runner/CMemoryFile"),
        .target(name: "CProcess", path: "Sources/Agents/Daemon/CProcess"),

        // Rooms, from the one that imports nothing upwards
        library("Measurement", "Sources/Measurement"),
        library("Imaging", "Sources/Imaging", ["CPNG"], exclude: ["CPNG"]),
        library("Spelling", "Sources/Spelling"),
        library("Hashing", "Sources/Hashing", ["CCrypto"], exclude: ["CCrypto"]),
        library("CommandParser", "Sources/Harness/CommandLine", ["Spelling"]),
        library("AgentWire", "Sources/Agents/Wire", ["Measurement", "Spelling", "Hashing"]),
        library(
            "AgentRunner", "Sources/Agents/Runner", ["Measurement", "AgentWire", "Imaging", "CTVM", "CMemoryFile"],
            exclude: ["CTVM", "CMemoryFile"]),
        .target(
            name: "AgentDaemon", dependencies: ["Measurement", "AgentWire", "CMicroHTTPD", "CProcess", "CTLS"],
            path: "Sources/Agents/Daemon", exclude: ["CMicroHTTPD", "CProcess", "CTLS"],
            // The contract the agent serves is the file that people read: docs/openapi.json links to it.
            resources: [.embedInCode("openapi.json")], swiftSettings: strict),
        library("AgentClient", "Sources/Agents/Client", ["AgentWire", "CCurl"], exclude: ["CCurl"]),
        library("Store", "Sources/Store", ["Measurement", "Hashing", "CSQLite"], exclude: ["CSQLite"]),
        library("Report", "Sources/Report", ["Measurement", "Imaging", "Store"]),
        library(
            "Coordinator", "Sources/Harness/Dispatch", ["Measurement", "Spelling", "AgentWire", "AgentClient", "Store"]),
        library(
            "HarnessCommands", "Sources/Harness/Commands",
            ["CommandParser", "Spelling", "Measurement", "AgentWire", "AgentClient", "Coordinator", "Store", "Report"]),

        program("harness", "Sources/Harness/Main", ["CommandParser", "HarnessCommands"]),
        program("harness-agent", "Sources/Agents/DaemonMain", ["CommandParser", "AgentDaemon", "AgentWire"]),
        program("harness-runner", "Sources/Agents/RunnerMain", ["CommandParser", "AgentRunner", "AgentWire"]),

        // Tests
        .target(name: "TestSupport", dependencies: ["AgentWire"], path: "Tests/Support", swiftSettings: strict),
        // Asks Measurement questions for Tests/Statistics and Benchmarks/loadgen; no product.
        program("measurement-json", "Tests/MeasurementJSON", ["Measurement", "AgentWire"]),
        tests("MeasurementTests", ["Measurement"]),
        tests("ImagingTests", ["Imaging"]),
        tests("WireTests", ["AgentWire", "Spelling", "TestSupport"]),
        tests("CommandParserTests", ["CommandParser", "TestSupport"]),
        tests("RunnerTests", ["AgentRunner", "AgentWire", "Imaging", "Measurement", "CTVM", "TestSupport"]),
        tests("DaemonTests", ["AgentDaemon", "AgentWire", "Measurement", "TestSupport"], exclude: ["Boards"]),
        tests("ClientTests", ["AgentClient", "AgentDaemon", "AgentWire", "TestSupport"]),
        tests("StoreTests", ["Store", "Measurement", "CSQLite", "TestSupport"]),
        tests("ReportTests", ["Report", "Store", "Imaging", "Measurement", "TestSupport"]),
        tests(
            "HarnessTests",
            [
                "HarnessCommands", "Coordinator", "AgentClient", "AgentWire", "Store", "Measurement", "CommandParser",
                "TestSupport",
            ]),
        tests("EndToEnd", ["AgentWire", "Store", "Measurement", "Imaging", "TestSupport"], exclude: ["Search"]),
    ]
)
