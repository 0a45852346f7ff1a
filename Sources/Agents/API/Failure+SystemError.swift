import POSIX

extension Failure {
    /// A system call's error: `disk-full` if there is no room, otherwise `internal-error`.
    public init(_ error: SystemError) { self.init(error.isDiskFull ? .diskFull : .internalError, error.description) }
}

/// Runs `body`; its `SystemError` becomes a `Failure`, and a `Failure` stays one.
public func asFailure<Result: ~Copyable>(_ body: () throws -> Result) throws(Failure) -> Result {
    do {
        return try body()
    } catch let error as SystemError {
        throw Failure(error)
    } catch {
        throw error as? Failure ?? Failure(.internalError, "\(error)")
    }
}
