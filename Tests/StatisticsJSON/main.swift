import JSON
import AgentAPI
import Glibc

// statistics-json: calls the module Statistics from other programs, so that its results can be compared with theirs.
// One question per line, {"function": "percentiles", …}; one answer per line, or {"error": "…"}. For tests and benchmarks.

while let line = readLine() {
    do {
        print(String(decoding: try Questions.answer(line), as: UTF8.self))
    } catch let failure as Failure {
        print(String(decoding: try WireJSON.encode(failure), as: UTF8.self))
    } catch {
        print(String(decoding: try WireJSON.encode(Failure(error: "\(error)")), as: UTF8.self))
    }
    // The caller reads this answer before it asks the next question.
    fflush(nil)
}
