import AgentAPI
import Glibc

/// An answer that does not depend on the body.
final class Answer: BodyReceiver {
    private let response: HTTPResponse
    init(_ response: HTTPResponse) { self.response = response }
    func receive(_ bytes: UnsafeRawBufferPointer) {}
    func finish() -> HTTPResponse { response }
    func abort() {
        if case .file(let descriptor, _) = response.body { close(descriptor) }
    }
}

/// Gathers a small document.
final class DocumentReceiver: BodyReceiver {
    private let limit: Int
    private let answer: ([UInt8]) -> HTTPResponse
    private var bytes: [UInt8] = []
    private var isTooLarge = false

    init(limit: Int, answer: @escaping ([UInt8]) -> HTTPResponse) { (self.limit, self.answer) = (limit, answer) }

    func receive(_ more: UnsafeRawBufferPointer) {
        if bytes.count + more.count > limit { isTooLarge = true } else { bytes += more }
    }

    func finish() -> HTTPResponse {
        guard !isTooLarge else {
            return .problem(Failure(.bodyTooLarge, "the document is larger than \(limit >> 20) MiB."))
        }
        return answer(bytes)
    }

    func abort() {}
}

/// Writes a blob as it comes.
final class BlobReceiver: BodyReceiver {
    private let upload: BlobStore.Upload
    init(upload: BlobStore.Upload) { self.upload = upload }
    func receive(_ bytes: UnsafeRawBufferPointer) { upload.append(bytes) }
    func abort() { upload.abandon() }
    func finish() -> HTTPResponse {
        do throws(Failure) {
            try upload.finish()
            return HTTPResponse(status: 201)
        } catch {
            return .problem(error)
        }
    }
}
