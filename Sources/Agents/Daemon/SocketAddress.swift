import AgentAPI
import Glibc

/// An IP address and a port to listen on.
struct SocketAddress {
    var host: String
    /// 0 for any free one.
    var port: UInt16

    /// Calls `body` with the address as the C library takes it; throws `invalid-request` if `host` is not an IP address.
    func withAddress<Result>(_ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Result) throws(Failure) -> Result {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let info = found?.pointee, let address = info.ai_addr
        else { throw Failure(.invalidRequest, "“\(host)” is not an IP address to listen on.") }
        defer { freeaddrinfo(found) }
        return body(address, info.ai_addrlen)
    }

    /// Binds the port and releases it; the `errno` if that fails, or nil.
    func problemBinding() throws(Failure) -> Int32? {
        try withAddress { address, size in
            let descriptor = socket(Int32(address.pointee.sa_family), Int32(SOCK_STREAM.rawValue), 0)
            guard descriptor >= 0 else { return errno }
            defer { close(descriptor) }
            // As the server does, or connections of an agent that has just stopped would look like another program.
            var yes: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
            return bind(descriptor, address, size) == 0 && listen(descriptor, 1) == 0 ? nil : errno
        }
    }
}
