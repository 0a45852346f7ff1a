/// The project's version, one for all programs.
public enum HarnessVersion {
    /// Semantic version of this build.
    public static let current = "0.1.0"
    /// Version of the HTTP API this build speaks.
    public static let api = "v1"
}
