import AgentAPI
import CCurl
import POSIX
import Glibc
import Synchronization

/// Drives all transfers of the process on one thread, through libcurl's multi interface.
final class HTTPEngine: Sendable {
    /// The one engine: connections are kept and shared by all clients.
    static let shared = HTTPEngine()

    private struct Inbox {
        var new: [Transfer] = []
        var cancelled: [Transfer] = []
    }

    private let inbox = Mutex(Inbox())
    // The handle is used by the engine's thread alone, but for curl_multi_wakeup, which libcurl allows from any.
    private let multi: Handle

    private init() {
        precondition(harness_curl_global_init() == CURLE_OK, "libcurl cannot start")
        multi = Handle(curl_multi_init())
        startThread { [self] in loop() }
    }

    /// Performs a call; throws `Failure` if no answer came. Cancelling the task ends the transfer.
    func perform(_ call: HTTPCall) async throws -> HTTPReply {
        let transfer = Transfer(call)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                transfer.continuation = continuation
                inbox.withLock { $0.new.append(transfer) }
                curl_multi_wakeup(multi.pointer)
            }
        } onCancel: {
            inbox.withLock { $0.cancelled.append(transfer) }
            curl_multi_wakeup(multi.pointer)
        }
    }

    private func loop() {
        var active: [OpaquePointer: Transfer] = [:]
        var cancelledEarly: Set<ObjectIdentifier> = []
        while true {
            let arrived = inbox.withLock { inbox in
                defer { inbox = Inbox() }
                return inbox
            }
            cancelledEarly = Set(arrived.cancelled.map { ObjectIdentifier($0) })
            for transfer in arrived.new {
                if cancelledEarly.contains(ObjectIdentifier(transfer)) {
                    transfer.finish(.failure(CancellationError()))
                } else if let handle = transfer.start() {
                    active[handle] = transfer
                    curl_multi_add_handle(multi.pointer, UnsafeMutableRawPointer(handle))
                }
            }
            for transfer in arrived.cancelled {
                guard let handle = transfer.handle, active.removeValue(forKey: handle) != nil else { continue }
                curl_multi_remove_handle(multi.pointer, UnsafeMutableRawPointer(handle))
                transfer.finish(.failure(CancellationError()))
            }
            var running: Int32 = 0
            curl_multi_perform(multi.pointer, &running)
            var result = CURLE_OK
            while let done = harness_curl_next_done(multi.pointer, &result) {
                curl_multi_remove_handle(multi.pointer, done)
                active.removeValue(forKey: OpaquePointer(done))?.complete(result)
            }
            curl_multi_poll(multi.pointer, nil, 0, 1000, nil)
        }
    }

    /// `@unchecked Sendable`: see `multi`.
    private struct Handle: @unchecked Sendable {
        let pointer: UnsafeMutableRawPointer

        init(_ pointer: UnsafeMutableRawPointer?) {
            guard let pointer else { preconditionFailure("libcurl has no memory") }
            self.pointer = pointer
        }
    }
}

/// One transfer with everything libcurl's callbacks need.
///
/// `@unchecked Sendable`: `continuation` is set before the transfer is handed over; all else is touched by the engine's
/// thread alone, on which libcurl also runs the callbacks.
private final class Transfer: @unchecked Sendable {
    private let call: HTTPCall
    var continuation: CheckedContinuation<HTTPReply, any Error>?
    private(set) var handle: OpaquePointer?
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var body: [UInt8] = []
    private var sendFrom = 0
    private var file: FileDescriptor?
    private let problem = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    /// An answer that is gathered is small: documents and masks.
    private static let largestBody = 64 << 20

    init(_ call: HTTPCall) {
        self.call = call
        problem.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit { problem.deallocate() }

    /// Makes the handle; nil if that failed, which the continuation then knows.
    func start() -> OpaquePointer? {
        guard let easy = curl_easy_init() else {
            finish(.failure(Failure(.internalError, "libcurl has no memory for a transfer.")))
            return nil
        }
        handle = OpaquePointer(easy)
        if case .file(let path, let offset, _) = call.body {
            do throws(SystemError) {
                let opened = try FileDescriptor(opening: path, O_RDONLY)
                guard lseek(opened.rawValue, off_t(offset), SEEK_SET) == off_t(offset) else {
                    throw SystemError("\(path) cannot be read")
                }
                file = consume opened
            } catch {
                finish(.failure(Failure(.invalidRequest, "\(error)")))
                return nil
            }
        }
        configure(easy)
        return handle
    }

    private func configure(_ easy: UnsafeMutableRawPointer) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        harness_curl_set_text(easy, CURLOPT_URL, call.url)
        harness_curl_set_text(easy, CURLOPT_CUSTOMREQUEST, call.method)
        harness_curl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        harness_curl_set_text(easy, CURLOPT_USERAGENT, "harness/\(HarnessVersion.current)")
        // Boards are in the local network, which a proxy for the web does not reach.
        harness_curl_set_text(easy, CURLOPT_NOPROXY, "*")
        harness_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        harness_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, 5000)
        harness_curl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        harness_curl_set_long(easy, CURLOPT_TCP_KEEPIDLE, 15)
        harness_curl_set_long(easy, CURLOPT_TCP_KEEPINTVL, 5)
        harness_curl_set_long(easy, CURLOPT_TIMEOUT_MS, call.timeoutMs ?? 0)
        if let caFile = call.caFile { harness_curl_set_text(easy, CURLOPT_CAINFO, caFile) }
        harness_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, problem)
        // “Expect: 100-continue” costs a second with servers that do not answer it.
        for header in call.headers + ["Expect:"] { headers = curl_slist_append(headers, header) }
        harness_curl_set_pointer(easy, CURLOPT_HTTPHEADER, headers)
        harness_curl_set_pointer(easy, CURLOPT_WRITEDATA, context)
        harness_curl_set_function(easy, CURLOPT_WRITEFUNCTION) { bytes, _, count, context in
            guard let bytes, let context else { return 0 }
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            return transfer.receive(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
        }
        harness_curl_set_pointer(easy, CURLOPT_READDATA, context)
        harness_curl_set_function(easy, CURLOPT_READFUNCTION) { bytes, size, count, context in
            guard let bytes, let context else { return Int(CURL_READFUNC_ABORT) }
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            return transfer.send(into: UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
        }
        switch call.body {
        case .none: if call.method == "HEAD" { harness_curl_set_long(easy, CURLOPT_NOBODY, 1) }
        case .bytes(let bytes): upload(easy, bytes.count)
        case .file(_, _, let length): upload(easy, length)
        }
    }

    private func upload(_ easy: UnsafeMutableRawPointer, _ length: Int) {
        harness_curl_set_long(easy, CURLOPT_UPLOAD, 1)
        harness_curl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(length))
    }

    private func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if let onBytes = call.onBytes, let handle, harness_curl_status(UnsafeMutableRawPointer(handle)) < 300 {
            onBytes(Array(bytes))
            return true
        }
        guard body.count + bytes.count <= Self.largestBody else { return false }
        body += bytes
        return true
    }

    private func send(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        switch call.body {
        case .none: return 0
        case .bytes(let bytes):
            let count = min(buffer.count, bytes.count - sendFrom)
            bytes.withUnsafeBytes {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[sendFrom..<(sendFrom + count)]))
            }
            sendFrom += count
            return count
        case .file:
            return (try? file?.read(into: buffer)) ?? Int(CURL_READFUNC_ABORT)
        }
    }

    /// libcurl is done with the transfer.
    func complete(_ result: CURLcode) {
        guard result == CURLE_OK, let handle else {
            finish(.failure(failure(result)))
            return
        }
        finish(.success(HTTPReply(status: harness_curl_status(UnsafeMutableRawPointer(handle)), body: body)))
    }

    func finish(_ result: Result<HTTPReply, any Error>) {
        if let handle { curl_easy_cleanup(UnsafeMutableRawPointer(handle)) }
        handle = nil
        curl_slist_free_all(headers)
        headers = nil
        file = nil
        continuation?.resume(with: result)
        continuation = nil
    }

    private func failure(_ result: CURLcode) -> Failure {
        let detail = String(cString: problem)
        let reason = detail.isEmpty ? String(cString: curl_easy_strerror(result)) : detail
        switch result {
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_OPERATION_TIMEDOUT:
            return Failure(
                .unreachable, "\(call.url): \(reason). Is harness-agent running there, and is the address right?")
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM:
            return Failure(
                .tlsFailed,
                "\(call.url): \(reason). Name the authority that signed the agent's certificate as ca_file in targets.json."
            )
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
            return Failure(
                .invalidRequest,
                "\(call.url) is not the address of an agent: write http://HOST:PORT or https://HOST:PORT.")
        default: return Failure(.connectionLost, "\(call.url): \(reason).")
        }
    }
}
