/// The results database: one SQLite file, written by dispatch, read by reports and people.
///
/// Blocking work runs on the actor's own serial executor, never on the cooperative pool.
public actor ResultsStore {
    /// How a database is opened.
    public enum Mode: Sendable {
        /// Make it if it is missing, migrate it if it is older.
        case readWrite
        /// It must exist; nothing in it changes.
        case readOnly
    }

    /// Opens the database at `path`.
    ///
    /// Throws `StoreError` if it is of a newer schema, foreign, damaged, read-only, locked or the disk is full.
    public init(path: String, mode: Mode) throws {
        fatalError("to be written")
    }

    /// Writes the plan, with its bundles and data set, before anything is sent.
    public func begin(_ plan: DispatchPlan) throws {}

    /// The dispatch to continue: `id`, or the newest with open runs if nil. Nil if there is none.
    public func unfinishedDispatch(id: String?) throws -> DispatchPlan? { nil }

    /// Runs of a dispatch that are planned or lost, in order.
    public func openRuns(ofDispatch id: String) throws -> [OpenRun] { [] }

    /// Stores one ended run, whole, and says its row id.
    @discardableResult
    public func record(_ result: RunResult, dispatch id: String, ordinal: Int) throws -> Int64 { 0 }
}
