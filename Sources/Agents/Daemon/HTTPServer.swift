import POSIX
import AgentAPI
import CMicroHTTPD
import Glibc

/// What a client asks for: everything but the body.
struct HTTPRequest {
    var method: String
    /// Decoded, without the query.
    var path: String
    let connection: OpaquePointer

    /// The value of a header, whatever its case.
    func header(_ name: String) -> String? { value(harness_mhd_header, name) }

    /// The value of a parameter in the query.
    func query(_ name: String) -> String? { value(harness_mhd_argument, name) }

    private func value(_ kind: MHD_ValueKind, _ name: String) -> String? {
        MHD_lookup_connection_value(connection, kind, name).map { String(cString: $0) }
    }
}

/// Takes a request's body piece by piece, then answers.
protocol BodyReceiver: AnyObject {
    /// The next bytes of the body.
    func receive(_ bytes: UnsafeRawBufferPointer)
    /// The body is complete.
    func finish() -> HTTPResponse
    /// The client went away before the body was complete.
    func abort()
}

/// libmicrohttpd behind one closure: a thread a connection, so that a held-open event stream blocks nobody else.
final class HTTPServer {
    /// Chooses who takes the body; called once a request, from the connection's thread.
    typealias Handler = @Sendable (HTTPRequest) -> any BodyReceiver

    /// TLS as PEM texts.
    struct TLS {
        var certificate: String
        var key: String
    }

    private let context: Unmanaged<Box<Handler>>
    private var daemon: OpaquePointer?
    /// The port it listens on.
    let port: UInt16

    /// What a callback of libmicrohttpd's is given.
    private final class Box<Value> {
        let value: Value
        init(_ value: Value) { self.value = value }
    }

    /// Listens on `host` and `port` (0: any free one); throws `Failure` with the reason.
    init(host: String, port: UInt16, tls: TLS?, handler: @escaping Handler) throws(Failure) {
        context = Unmanaged.passRetained(Box(handler))
        let opaque = context.toOpaque()
        let started: OpaquePointer?
        let failure: Int32
        do throws(Failure) {
            (started, failure) = try SocketAddress(host: host, port: port).withAddress { address, _ in
                errno = 0
                let started = harness_mhd_start(
                    address, Self.access, Self.completed, opaque, 60, 128, tls?.key, tls?.certificate)
                return (started, errno)
            }
        } catch {
            context.release()
            throw error
        }
        guard let started else {
            context.release()
            // Without an errno it was the TLS library: trying again does not help.
            guard failure != 0 else {
                throw Failure(
                    .invalidRequest, "the certificate or its key is not usable: “harness-agent doctor” tells why.")
            }
            throw Failure(.internalError, "cannot listen on \(host):\(port): \(SystemError.reason(failure)).")
        }
        daemon = started
        self.port = harness_mhd_port(started)
    }

    /// Stops accepting and waits for the connections' threads; streams must have been closed before.
    func stop() {
        guard let running = daemon else { return }
        daemon = nil
        MHD_stop_daemon(running)
    }

    deinit {
        stop()
        context.release()
    }

    // MARK: libmicrohttpd's callbacks

    private static let access: MHD_AccessHandlerCallback = {
        context, connection, url, method, _, data, size, state in
        guard let context, let connection, let url, let method, let size, let state else { return harness_mhd_no }
        guard let pointer = state.pointee else {
            let request = HTTPRequest(
                method: String(cString: method), path: String(cString: url), connection: connection)
            let handler = Unmanaged<Box<Handler>>.fromOpaque(context).takeUnretainedValue().value
            state.pointee = Unmanaged.passRetained(Exchange(handler(request))).toOpaque()
            return harness_mhd_yes
        }
        let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
        if size.pointee > 0 {
            exchange.receiver.receive(UnsafeRawBufferPointer(start: data, count: size.pointee))
            size.pointee = 0
            return harness_mhd_yes
        }
        exchange.isFinished = true
        return send(exchange.receiver.finish(), to: connection)
    }

    private static let completed: MHD_RequestCompletedCallback = { _, _, state, _ in
        guard let state, let pointer = state.pointee else { return }
        let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue()
        state.pointee = nil
        if !exchange.isFinished { exchange.receiver.abort() }
    }

    /// One request between its first callback and its last.
    private final class Exchange {
        let receiver: any BodyReceiver
        var isFinished = false
        init(_ receiver: any BodyReceiver) { self.receiver = receiver }
    }

    private static func send(_ response: HTTPResponse, to connection: OpaquePointer) -> MHD_Result {
        let created: OpaquePointer?
        switch response.body {
        case .bytes(var bytes):
            created = MHD_create_response_from_buffer(bytes.count, &bytes, harness_mhd_copy)
        case .file(let descriptor, let size):
            created = MHD_create_response_from_fd64(UInt64(size), descriptor)
        case .stream(let next):
            created = MHD_create_response_from_callback(
                harness_mhd_size_unknown, 1 << 16,
                { context, _, buffer, size in
                    guard let context, let buffer else { return harness_mhd_end_of_stream }
                    let next = Unmanaged<Box<HTTPResponse.Reader>>.fromOpaque(context).takeUnretainedValue().value
                    let count = next(UnsafeMutableRawBufferPointer(start: buffer, count: size))
                    return count > 0 ? count : harness_mhd_end_of_stream
                }, Unmanaged.passRetained(Box(next)).toOpaque(),
                { context in context.map { Unmanaged<Box<HTTPResponse.Reader>>.fromOpaque($0).release() } })
        }
        guard let created else { return harness_mhd_no }
        defer { MHD_destroy_response(created) }
        for (name, value) in response.headers { MHD_add_response_header(created, name, value) }
        return MHD_queue_response(connection, response.status, created)
    }
}
