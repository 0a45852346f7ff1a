/// Everything an agent answers: the router dispatches from this table, the client builds its URLs from it, and a test holds
/// docs/openapi.json to it. The raw value is the contract's `operationId`.
public enum Route: String, CaseIterable, Sendable {
    case getHealth, getMetrics, getContract, getInfo
    case queryBlobs, getBlob, headBlob, putBlob
    case listJobs, postJob, getJob, cancelJob, getEvents

    /// HTTP method; `HEAD` is also answered wherever `GET` is.
    public var method: String { definition.method }

    /// Path, with a name in braces for the one part that varies.
    public var path: String { definition.path }

    /// Whether a client must present the token, if the agent has one.
    public var needsToken: Bool { self != .getHealth }

    private var definition: (method: String, path: String) {
        switch self {
        case .getHealth: ("GET", "/healthz")
        case .getMetrics: ("GET", "/metrics")
        case .getContract: ("GET", "/openapi.json")
        case .getInfo: ("GET", "/v1/info")
        case .queryBlobs: ("POST", "/v1/blobs/query")
        case .getBlob: ("GET", "/v1/blobs/{sha256}")
        case .headBlob: ("HEAD", "/v1/blobs/{sha256}")
        case .putBlob: ("PUT", "/v1/blobs/{sha256}")
        case .listJobs: ("GET", "/v1/jobs")
        case .postJob: ("POST", "/v1/jobs")
        case .getJob: ("GET", "/v1/jobs/{id}")
        case .cancelJob: ("DELETE", "/v1/jobs/{id}")
        case .getEvents: ("GET", "/v1/jobs/{id}/events")
        }
    }

    /// The path with `argument` in place of the part that varies.
    public func path(_ argument: String) -> String {
        path.split(separator: "/").reduce("") { "\($0)/\($1.hasPrefix("{") ? argument : String($1))" }
    }

    /// The routes at `path`, and what stands there for the part that varies; a path without one comes before one with it.
    public static func at(_ path: String) -> (routes: [Route], argument: String)? {
        let parts = path.split(separator: "/")
        for route in allCases {
            let pattern = route.path.split(separator: "/")
            guard pattern.count == parts.count, zip(pattern, parts).allSatisfy({ $0 == $1 || $0.hasPrefix("{") }) else {
                continue
            }
            let argument = zip(pattern, parts).first { $0.0.hasPrefix("{") }?.1
            return (allCases.filter { $0.path == route.path }, argument.map(String.init) ?? "")
        }
        return nil
    }
}
