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

/// The commit that is built, which “make” finds; `swift build` alone knows none. SwiftPM's own `Context.gitInformation` is kept with the
/// compiled manifest and may be an older one.
let commit = (Context.environment["HARNESS_COMMIT"] ?? "").filter {
    $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-")
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
        .target(name: "CPOSIX", path: "Sources/POSIX/CPOSIX"),
        .target(
            name: "CBuild", path: "Sources/Agents/API/CBuild",
            cSettings: [.define("HARNESS_COMMIT", to: "\"\(commit)\"")]),

        // Modules, from the one that imports nothing upwards
        library("Results", "Sources/Results"),
        library("Statistics", "Sources/Statistics", ["Results", "Text"]),
        library("POSIX", "Sources/POSIX", ["CPOSIX"], exclude: ["CPOSIX"]),
        library("Imaging", "Sources/Imaging", ["CPNG"], exclude: ["CPNG"]),
        library("Text", "Sources/Text"),
        library("Hashing", "Sources/Hashing", ["Results", "POSIX", "CCrypto"], exclude: ["CCrypto"]),
        library("CommandParser", "Sources/Harness/CommandParser", ["Text", "POSIX"]),
        library("JSON", "Sources/JSON", ["Text"]),
        library(
            "AgentAPI", "Sources/Agents/API", ["Results", "Statistics", "JSON", "Text", "Hashing", "POSIX", "CBuild"],
            exclude: ["CBuild"]),
        library(
            "AgentRunner", "Sources/Agents/Runner",
            ["Results", "Statistics", "AgentAPI", "JSON", "Imaging", "POSIX", "CPOSIX", "CTVM"], exclude: ["CTVM"]),
        .target(
            name: "AgentDaemon",
            dependencies: ["Results", "Statistics", "AgentAPI", "JSON", "POSIX", "CPOSIX", "CMicroHTTPD", "CTLS"],
            path: "Sources/Agents/Daemon", exclude: ["CMicroHTTPD", "CTLS"],
            // The contract the agent serves is the file that people read: docs/openapi.json links to it.
            resources: [.embedInCode("openapi.json")], swiftSettings: strict),
        library(
            "AgentClient", "Sources/Agents/Client", ["Results", "AgentAPI", "JSON", "POSIX", "CCurl"],
            exclude: ["CCurl"]),
        .target(
            name: "Store", dependencies: ["Results", "Statistics", "JSON", "Text", "Hashing", "POSIX", "CSQLite"],
            path: "Sources/Store", exclude: ["CSQLite"],
            // Migrations are files that are never edited; the views are those of today's tables.
            resources: [.embedInCode("Migrations"), .embedInCode("views.sql")], swiftSettings: strict),
        .target(
            name: "Report", dependencies: ["Results", "Statistics", "Text", "POSIX", "Imaging", "Store"],
            path: "Sources/Report",
            // A report is self-contained: its style sheets are in the program.
            resources: [.embedInCode("Render/style.css"), .embedInCode("Charts/charts.css")], swiftSettings: strict),
        library(
            "Coordinator", "Sources/Harness/Coordinator",
            ["Results", "Statistics", "Text", "AgentAPI", "JSON", "AgentClient", "POSIX", "Store"]),
        library(
            "Commands", "Sources/Harness/Commands",
            [
                "CommandParser", "Text", "Results", "Statistics", "AgentAPI", "JSON", "AgentClient", "Coordinator",
                "Store", "Report", "POSIX",
            ]),

        program("harness", "Sources/Harness/Main", ["CommandParser", "Commands"]),
        program(
            "harness-agent", "Sources/Agents/DaemonMain", ["CommandParser", "AgentDaemon", "AgentAPI", "JSON", "POSIX"]),
        program(
            "harness-runner", "Sources/Agents/RunnerMain",
            ["CommandParser", "AgentRunner", "AgentAPI", "JSON", "POSIX"]),

        // Tests
        .target(
            name: "TestSupport", dependencies: ["AgentAPI", "JSON", "POSIX"], path: "Tests/Support",
            swiftSettings: strict),
        // Asks Statistics questions for Tests/Statistics and Benchmarks/loadgen; no product.
        program("statistics-json", "Tests/StatisticsJSON", ["Results", "Statistics", "AgentAPI", "JSON"]),
        tests("StatisticsTests", ["Results", "Statistics"]),
        tests("POSIXTests", ["POSIX", "TestSupport"]),
        tests("TextTests", ["Text"]),
        tests("ImagingTests", ["Imaging"]),
        tests("AgentAPITests", ["AgentAPI", "JSON", "Text", "TestSupport"]),
        tests("CommandParserTests", ["CommandParser", "TestSupport"]),
        tests("RunnerTests", ["AgentRunner", "AgentAPI", "JSON", "Imaging", "Statistics", "CTVM", "TestSupport"]),
        tests("DaemonTests", ["AgentDaemon", "AgentAPI", "JSON", "Statistics", "TestSupport"], exclude: ["Boards"]),
        tests("ClientTests", ["AgentClient", "AgentDaemon", "AgentAPI", "JSON", "TestSupport"]),
        tests("StoreTests", ["Store", "Results", "Statistics", "JSON", "CSQLite", "TestSupport"]),
        tests("ReportTests", ["Report", "Results", "Text", "Store", "Imaging", "Statistics", "TestSupport"]),
        tests(
            "HarnessTests",
            [
                "Commands", "Coordinator", "AgentClient", "AgentAPI", "JSON", "Store", "Results", "Statistics",
                "CommandParser", "TestSupport",
            ]),
        tests("EndToEnd", ["AgentAPI", "JSON", "Store", "Statistics", "Imaging", "TestSupport"], exclude: ["Search"]),
    ]
)
