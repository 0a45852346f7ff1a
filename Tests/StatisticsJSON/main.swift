import JSON
import AgentAPI
import Glibc

// statistics-json: asks the module Statistics questions from outside, so that other programs' answers can be set beside its own.
// One question a line, {"function": "percentiles", …}; one answer a line, or {"error": "…"}. For tests and benchmarks.

while let line = readLine() {
    do {
        print(String(decoding: try Questions.answer(line), as: UTF8.self))
    } catch let failure as Failure {
        print(String(decoding: try WireJSON.encode(failure), as: UTF8.self))
    } catch {
        print(String(decoding: try WireJSON.encode(Failure(error: "\(error)")), as: UTF8.self))
    }
    // Nobody asks the next question before having read this answer.
    fflush(nil)
}
