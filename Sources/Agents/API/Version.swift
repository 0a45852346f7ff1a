import CBuild

/// The project's version, one for all programs.
public enum HarnessVersion {
    /// Semantic version of this build.
    public static let current = "0.1.0"
    /// Version of the HTTP API this build speaks.
    public static let api = "v1"
    /// Commit that this build was made from, with “-dirty” if sources differed from it; nil if “make” did not build it.
    public static let commit: String? = {
        let text = String(cString: harness_build_commit())
        return text.isEmpty ? nil : text
    }()
}
