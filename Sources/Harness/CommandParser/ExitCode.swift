/// How a program ends; the same for every command, and listed in every help.
public struct ExitCode: Hashable, Sendable {
    /// What the shell sees.
    public var value: Int32

    /// A status of `value`.
    public init(_ value: Int32) { self.value = value }

    /// 0: everything asked for was done.
    public static let done = ExitCode(0)
    /// 1: something failed; standard error has the reason.
    public static let failed = ExitCode(1)
    /// 2: a comparison found a regression.
    public static let regression = ExitCode(2)
    /// 64: the command line or a configuration file is wrong (`EX_USAGE` of sysexits.h).
    public static let usage = ExitCode(64)
    /// 130: stopped by Ctrl-C.
    public static let interrupted = ExitCode(130)

    /// Every status with its meaning, as the help lists them.
    static let meanings: [(ExitCode, String)] = [
        (.done, "done"), (.failed, "failed; standard error has the reason and the remedy"),
        (.regression, "a comparison found a regression"), (.usage, "wrong command line or configuration"),
        (.interrupted, "interrupted"),
    ]
}

/// The command line is wrong; printed with a pointer to `--help`, exit status 64.
public struct UsageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, and what was probably meant.
    public var message: String

    /// An error that says `message`.
    public init(_ message: String) { self.message = message }

    /// What is wrong.
    public var description: String { message }
}
