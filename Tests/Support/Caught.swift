/// The error of type `Problem` that `body` throws; nil if it throws none, or another.
public func caught<Problem: Error>(_ type: Problem.Type, _ body: () throws -> some Any) -> Problem? {
    do {
        _ = try body()
        return nil
    } catch { return error as? Problem }
}

/// The error of type `Problem` that `body` throws; nil if it throws none, or another.
public func caught<Problem: Error>(_ type: Problem.Type, _ body: () async throws -> some Any) async -> Problem? {
    do {
        _ = try await body()
        return nil
    } catch { return error as? Problem }
}
